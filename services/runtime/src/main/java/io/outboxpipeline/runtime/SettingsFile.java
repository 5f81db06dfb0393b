package io.outboxpipeline.runtime;

import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/**
 * A YAML file of settings. Every value means its text: {@code 0123} is four digits, {@code 12:30}
 * no number of minutes, {@code ${x}} no reference. What YAML makes something else of (an anchor, a
 * tag, a list) is refused. What is wrong is told by line and column alone, for the line may hold a
 * password.
 *
 * @param values text by key, such as {@code mysql.host}
 */
record SettingsFile(String name, Map<String, String> values) {
  static final SettingsFile NONE = new SettingsFile("", Map.of());

  private static final String QUOTE_IT = "put a value with special characters into quotes";

  SettingsFile {
    values = Map.copyOf(values);
  }

  /**
   * Reads a file.
   *
   * @throws InvalidSettings if it cannot be read, or is not such a file
   */
  static SettingsFile read(Path file) {
    String text;
    try {
      text = Files.readString(file);
    } catch (NoSuchFileException e) {
      throw new InvalidSettings(List.of("the settings file " + file + " does not exist"));
    } catch (CharacterCodingException e) {
      throw new InvalidSettings(List.of("the settings file " + file + " is not valid UTF-8"));
    } catch (IOException e) {
      throw new InvalidSettings(List.of("the settings file " + file + " cannot be read"));
    }
    var reader = new Values(file.toString());
    try {
      Optional.ofNullable(new Yaml(new LoaderOptions()).compose(new StringReader(text)))
          .ifPresent(root -> reader.read("", root));
    } catch (MarkedYAMLException e) {
      reader.problem(
          Optional.ofNullable(e.getProblemMark()).or(() -> Optional.ofNullable(e.getContextMark())),
          "is not valid YAML; " + QUOTE_IT);
    } catch (YAMLException e) {
      reader.problem(Optional.empty(), "is not valid YAML; " + QUOTE_IT);
    }
    if (!reader.problems.isEmpty()) {
      throw new InvalidSettings(reader.problems);
    }
    return new SettingsFile(file.toString(), reader.values);
  }

  /** What is found on the way through the file. */
  private static final class Values {
    private final String name;
    private final Map<String, String> values = new TreeMap<>();
    private final List<String> problems = new ArrayList<>();

    Values(String name) {
      this.name = name;
    }

    void problem(Optional<Mark> at, String what) {
      String place =
          at.map(m -> ", line " + (m.getLine() + 1) + ", column " + (m.getColumn() + 1)).orElse("");
      problems.add("the settings file " + name + place + ": " + what);
    }

    private void problem(Node node, String what) {
      problem(Optional.ofNullable(node.getStartMark()), what);
    }

    void read(String key, Node node) {
      if (node.getAnchor() != null) {
        problem(node, "an anchor (&) is no value; " + QUOTE_IT);
        return;
      }
      switch (node) {
        case MappingNode mapping -> mapping.getValue().forEach(entry -> read(key, entry));
        case ScalarNode scalar -> value(key, scalar);
        case SequenceNode list -> problem(list, "a list is no value; " + QUOTE_IT);
        default -> problem(node, "is no value; " + QUOTE_IT);
      }
    }

    private void read(String section, NodeTuple entry) {
      if (entry.getKeyNode() instanceof ScalarNode key && isPlainText(key)) {
        read(
            section.isEmpty() ? key.getValue() : section + "." + key.getValue(),
            entry.getValueNode());
      } else {
        problem(entry.getKeyNode(), "is no key of a setting");
      }
    }

    private void value(String key, ScalarNode scalar) {
      if (key.isEmpty()) {
        problem(scalar, "has a value without a key");
      } else if (!isPlainText(scalar)) {
        problem(scalar, "a tag (!) is no value; " + QUOTE_IT);
      } else if (values.containsKey(key)) {
        problem(scalar, key + " is set twice");
      } else {
        values.put(key, isNull(scalar) ? "" : scalar.getValue());
      }
    }

    private static boolean isNull(ScalarNode scalar) {
      return scalar.isPlain() && scalar.getTag().equals(Tag.NULL);
    }

    /** Whether YAML found its type by itself, or took it for text. */
    private static boolean isPlainText(ScalarNode scalar) {
      Tag tag = scalar.getTag();
      return tag.equals(Tag.STR)
          || (scalar.isPlain() && Tag.standardTags.contains(tag) && !tag.equals(Tag.BINARY))
          || tag.equals(Tag.MERGE);
    }
  }
}
