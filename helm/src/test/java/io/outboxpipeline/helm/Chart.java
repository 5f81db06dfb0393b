package io.outboxpipeline.helm;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.outboxpipeline.testkit.Program;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The chart's files, and what it renders. */
final class Chart {
  static final Path FOLDER = Path.of("outboxpipeline").toAbsolutePath();
  static final Path CRD = Path.of("..", "crds", "outboxpipelines.outboxpipeline.io-v1.yml");

  /** The namespace and the name that cloudformation/ and the README install it with. */
  static final String NAMESPACE = "outboxpipeline-system";

  static final String RELEASE = "outboxpipeline";

  /** How tests say that files are to be written anew. */
  static final String UPDATE =
      "mvn test -pl helm -am -Dtest=ChartTest -Dupdate -Dsurefire.failIfNoSpecifiedTests=false writes it";

  private static final ObjectMapper YAML = new YAMLMapper();
  private static final Path CASES = Path.of("src", "test", "values");

  private Chart() {}

  static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A file of the chart. */
  static String read(String file) {
    return read(FOLDER.resolve(file));
  }

  /** Writes a file that is derived from others, if the build is told to. */
  static void update(Path file, String content) {
    if (System.getProperty("update") != null) {
      try {
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.writeString(file, content);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** Sets of values that matter, each a file in src/test/values. */
  static List<String> cases() {
    try (Stream<Path> files = Files.list(CASES)) {
      return files.map(f -> f.getFileName().toString().replace(".yaml", "")).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Path values(String name) {
    return CASES.resolve(name + ".yaml");
  }

  /** All manifests. */
  static String render(String... flags) {
    var arguments =
        new ArrayList<>(List.of("template", RELEASE, FOLDER.toString(), "--namespace", NAMESPACE));
    arguments.addAll(List.of(flags));
    return Program.HELM.run("", arguments).orFail();
  }

  /** The objects of all manifests. */
  static List<JsonNode> objects(String... flags) {
    return parse(render(flags));
  }

  /** The only object of a kind and name. */
  static JsonNode object(List<JsonNode> objects, String kind, String name) {
    List<JsonNode> found =
        objects.stream()
            .filter(o -> o.path("kind").asText().equals(kind))
            .filter(o -> o.path("metadata").path("name").asText().equals(name))
            .toList();
    if (found.size() != 1) {
      throw new AssertionError(found.size() + " of " + kind + " " + name);
    }
    return found.getFirst();
  }

  /** All documents. */
  static List<JsonNode> parse(String yaml) {
    try (var documents = YAML.readerFor(JsonNode.class).<JsonNode>readValues(yaml)) {
      return documents.readAll().stream().filter(d -> !d.isNull() && !d.isEmpty()).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String yaml(JsonNode node) {
    try {
      return YAML.writeValueAsString(node);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }
}
