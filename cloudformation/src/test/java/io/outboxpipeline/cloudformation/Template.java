package io.outboxpipeline.cloudformation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.AbstractConstruct;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;

/** A template as its author wrote it, its functions in their long form: {@code {"Fn::If": […]}}. */
record Template(Path file, JsonNode tree) {

  static Template stack() {
    return read("stack.yaml");
  }

  static Template eks() {
    return read("eks.yaml");
  }

  static Template dynamoDb() {
    return read("dynamodb.yaml");
  }

  private static Template read(String name) {
    Path file = Path.of(name);
    return new Template(file, parse(text(file)));
  }

  static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static JsonNode parse(String yaml) {
    return new ObjectMapper().valueToTree(new Yaml(new Functions()).load(yaml));
  }

  String text() {
    return text(file);
  }

  Map<String, JsonNode> resources() {
    return section("Resources");
  }

  Map<String, JsonNode> parameters() {
    return section("Parameters");
  }

  JsonNode parameter(String name) {
    return tree.path("Parameters").path(name);
  }

  JsonNode resource(String name) {
    return tree.path("Resources").path(name);
  }

  private Map<String, JsonNode> section(String name) {
    var section = new LinkedHashMap<String, JsonNode>();
    tree.path(name).properties().forEach(e -> section.put(e.getKey(), e.getValue()));
    return section;
  }

  @Override
  public String toString() {
    return file.toString();
  }

  /** {@code !Ref a} is {@code {"Ref": "a"}}, {@code !GetAtt a.b.c} names a resource and a path. */
  private static final class Functions extends SafeConstructor {
    Functions() {
      super(new LoaderOptions());
      yamlMultiConstructors.put(
          "!",
          new AbstractConstruct() {
            @Override
            public Object construct(Node node) {
              String name = node.getTag().getValue().substring(1);
              boolean plain = name.equals("Ref") || name.equals("Condition");
              return Map.of(plain ? name : "Fn::" + name, argument(name, node));
            }
          });
    }

    private Object argument(String name, Node node) {
      return switch (node) {
        case ScalarNode scalar when name.equals("GetAtt") ->
            Arrays.asList(scalar.getValue().split("\\.", 2));
        case ScalarNode scalar -> scalar.getValue();
        case SequenceNode sequence -> constructSequence(sequence);
        case MappingNode mapping -> constructMapping(mapping);
        default -> throw new IllegalArgumentException(node.toString());
      };
    }
  }
}
