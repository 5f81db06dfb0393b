package io.outboxpipeline.helm;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.outboxpipeline.operator.api.OutboxPipeline;
import io.outboxpipeline.operator.model.BoundQueue;
import io.outboxpipeline.operator.model.Images;
import io.outboxpipeline.operator.model.Sources;
import io.outboxpipeline.operator.model.Wanted;
import io.outboxpipeline.testkit.Command;
import io.outboxpipeline.testkit.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Judges from outside have nothing to say but what judges.txt has a reason for. */
final class JudgesIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path EXCEPTIONS = Path.of("src", "test", "judges.txt");

  /** One exception: a check, where, and why. */
  private record Meant(String check, String where, String why) {
    boolean takes(String found) {
      return found.startsWith(check + "|") && found.contains("|" + where);
    }
  }

  @Test
  void what_they_find_is_meant_as_it_is_and_no_exception_is_left_over(@TempDir Path folder)
      throws IOException {
    write(folder, "chart", Chart.render("--set=crds.enabled=false"));
    write(folder, "pipeline", pipeline());
    for (String template : List.of("stack.yaml", "eks.yaml")) {
      Path from = Path.of("..", "cloudformation", template);
      write(folder, "cloudformation", Chart.read(from), template);
    }
    var found = new TreeSet<String>();
    found.addAll(kubeScore(folder, "chart"));
    found.addAll(kubeScore(folder, "pipeline"));
    found.addAll(checkov(folder));

    List<Meant> exceptions = exceptions();
    Set<Meant> used = new LinkedHashSet<>();
    var unexplained = new ArrayList<String>();
    for (String one : found) {
      List<Meant> of = exceptions.stream().filter(e -> e.takes(one)).toList();
      used.addAll(of);
      if (of.isEmpty()) {
        unexplained.add(one);
      }
    }
    assertThat(unexplained).as("mend it, or give the reason in %s", EXCEPTIONS).isEmpty();
    assertThat(exceptions.stream().filter(e -> !used.contains(e)))
        .as("what is no longer found needs no reason")
        .isEmpty();
  }

  private static List<Meant> exceptions() {
    return Chart.read(EXCEPTIONS)
        .lines()
        .filter(l -> !l.startsWith("#") && !l.isBlank())
        .map(l -> l.split("\\|", -1))
        .peek(parts -> assertThat(parts).as("a check, where and why").hasSize(3))
        .map(parts -> new Meant(parts[0], parts[1], parts[2]))
        .toList();
  }

  /** What the operator makes of the worked example. */
  private static String pipeline() {
    OutboxPipeline pipeline =
        Serialization.unmarshal(
            Chart.read(Path.of("..", "crds", "samples", "spending.yaml")), OutboxPipeline.class);
    pipeline.getMetadata().setNamespace("shop");
    pipeline.getMetadata().setUid("a");
    List<HasMetadata> objects =
        new Wanted(
                pipeline,
                new Images("base:1.0", "relay:1.0", "consumer:1.0", "console:1.0"),
                Optional.of(
                    new BoundQueue(
                        "spending.fifo",
                        "https://queue",
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty())),
                new Sources(Map.of(), Map.of()),
                Map.of(),
                new TreeSet<>(List.of(443)))
            .objects();
    return objects.stream().map(Serialization::asYaml).collect(Collectors.joining("---\n"));
  }

  private static void write(Path folder, String part, String content) throws IOException {
    write(folder, part, content, "objects.yaml");
  }

  private static void write(Path folder, String part, String content, String name)
      throws IOException {
    Path to = folder.resolve(part);
    Files.createDirectories(to);
    Files.writeString(to.resolve(name), content);
  }

  private static Set<String> kubeScore(Path folder, String part) throws IOException {
    Command.Result said =
        Program.KUBE_SCORE.run(
            "score",
            "--output-format=json",
            "--kubernetes-version=v1.30",
            folder.resolve(part).resolve("objects.yaml").toString());
    var found = new TreeSet<String>();
    for (JsonNode object : JSON.readTree(said.output())) {
      for (JsonNode check : object.path("checks")) {
        // 1 is critical; others are advice.
        if (!check.path("skipped").asBoolean() && check.path("grade").asInt() == 1) {
          found.add(
              "%s|%s/%s/%s"
                  .formatted(
                      check.at("/check/id").asText(),
                      part,
                      object.at("/type_meta/kind").asText(),
                      object.at("/object_meta/name").asText()));
        }
      }
    }
    return found;
  }

  private static Set<String> checkov(Path folder) throws IOException {
    Command.Result said =
        Program.CHECKOV.run(
            "--directory",
            folder.toString(),
            "--framework",
            "kubernetes",
            "cloudformation",
            "--skip-download",
            "--quiet",
            "--compact",
            "--output",
            "json");
    JsonNode all = JSON.readTree(said.output());
    var found = new TreeSet<String>();
    for (JsonNode framework : all.isArray() ? all : List.of(all)) {
      for (JsonNode check : framework.at("/results/failed_checks")) {
        String part = check.path("file_path").asText().split("/", -1)[1];
        found.add(
            "%s|%s/%s"
                .formatted(check.path("check_id").asText(), part, check.path("resource").asText()));
      }
    }
    return found;
  }
}
