package io.outboxpipeline.helm.release;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * A workflow of GitHub Actions.
 *
 * @param text as it is written, with comments
 */
record Workflow(String text, JsonNode root) {
  private static final YAMLMapper YAML = new YAMLMapper();

  static Workflow read(Path file) {
    try {
      return parse(Files.readString(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Workflow parse(String text) {
    try {
      return new Workflow(text, YAML.readTree(text));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What starts it. */
  Set<String> triggers() {
    JsonNode on = root.path("on");
    var names = new TreeSet<String>();
    if (on.isTextual()) {
      names.add(on.asText());
    }
    if (on.isArray()) {
      on.forEach(name -> names.add(name.asText()));
    }
    names.addAll(on.propertyStream().map(e -> e.getKey()).toList());
    return names;
  }

  /** It publishes. */
  boolean releases() {
    return root.path("on").path("push").has("tags") || triggers().contains("release");
  }

  List<Job> jobs() {
    return root.path("jobs").propertyStream().map(e -> new Job(e.getKey(), e.getValue())).toList();
  }

  Stream<Step> steps() {
    return jobs().stream().flatMap(job -> job.steps().stream());
  }

  /** One of its jobs. */
  record Job(String id, JsonNode node) {
    List<Step> steps() {
      return node.path("steps").valueStream().map(Step::new).toList();
    }

    /** The permissions of its token that it may write with, {@code *} for all. */
    Set<String> writes() {
      return Workflow.writes(node.path("permissions"));
    }

    Set<String> needs() {
      JsonNode needs = node.path("needs");
      return needs.isTextual()
          ? Set.of(needs.asText())
          : Set.copyOf(needs.valueStream().map(JsonNode::asText).toList());
    }
  }

  /** One step of a job. */
  record Step(JsonNode node) {
    /** The action that it runs, empty if none. */
    String uses() {
      return node.path("uses").asText();
    }

    /** The lines of shell that it runs, empty if none. */
    String run() {
      return node.path("run").asText();
    }

    JsonNode with() {
      return node.path("with");
    }
  }

  /** What these permissions let a token write, {@code *} for all. */
  static Set<String> writes(JsonNode permissions) {
    if (permissions.asText().equals("write-all")) {
      return Set.of("*");
    }
    return Set.copyOf(
        permissions
            .propertyStream()
            .filter(e -> e.getValue().asText().equals("write"))
            .map(e -> e.getKey())
            .toList());
  }
}
