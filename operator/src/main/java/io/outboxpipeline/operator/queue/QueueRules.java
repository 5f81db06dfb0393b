package io.outboxpipeline.operator.queue;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.outboxpipeline.operator.api.DynamoDbSpec;
import io.outboxpipeline.operator.api.QueueSpec;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Which queues and tables the pipelines of a namespace may name, because the operator acts on them
 * with its own role. The first rule for a namespace decides; without any rule all is allowed.
 */
public record QueueRules(List<Rule> rules) {
  /** Everything is allowed. */
  public static final QueueRules NONE = new QueueRules(List.of());

  public QueueRules {
    rules = List.copyOf(rules);
  }

  /**
   * What a namespace's pipelines may do. In patterns {@code *} stands for any characters.
   *
   * @param namespaces patterns of the namespaces that it is for
   * @param names patterns of the queues' names; {@code {namespace}} is the pipeline's namespace
   * @param adopt whether a queue that is nobody's may be taken over
   * @param delete whether a pipeline may take its queues along when it is deleted
   * @param roleArn the role that is assumed for these queues, instead of the operator's own
   * @param tables patterns of the names of DynamoDB's tables; left out, none is allowed
   */
  public record Rule(
      @JsonProperty(required = true) List<String> namespaces,
      @JsonProperty(required = true) List<String> names,
      boolean adopt,
      boolean delete,
      @Nullable String roleArn,
      @Nullable List<String> tables) {

    /** Without tables. */
    public Rule(
        List<String> namespaces,
        List<String> names,
        boolean adopt,
        boolean delete,
        @Nullable String roleArn) {
      this(namespaces, names, adopt, delete, roleArn, List.of());
    }

    public Rule {
      namespaces = namespaces == null ? List.of() : List.copyOf(namespaces);
      names = names == null ? List.of() : List.copyOf(names);
      tables = tables == null ? List.of() : List.copyOf(tables);
    }

    private boolean isFor(String namespace) {
      return namespaces.stream().anyMatch(p -> matches(p, namespace));
    }
  }

  /**
   * Reads a JSON list of rules.
   *
   * @throws IllegalArgumentException if it is none
   */
  public static QueueRules parse(String json) {
    if (json.isBlank()) {
      return NONE;
    }
    try {
      return new QueueRules(List.of(new ObjectMapper().readValue(json, Rule[].class)));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e.getOriginalMessage(), e);
    }
  }

  /** Why a namespace's pipeline may not have this queue; empty if it may. */
  public Optional<Bound.Failed> against(String namespace, QueueSpec spec) {
    if (rules.isEmpty()) {
      return Optional.empty();
    }
    Optional<Rule> rule = of(namespace);
    String name =
        spec.existing()
            .map(u -> u.substring(u.lastIndexOf('/') + 1))
            .orElseGet(() -> String.valueOf(spec.name()));
    if (rule.isEmpty()) {
      return refused("the operator's settings allow pipelines of %s no queue".formatted(namespace));
    }
    List<String> names =
        rule.get().names().stream().map(p -> p.replace("{namespace}", namespace)).toList();
    if (names.stream().noneMatch(p -> matches(p, name))) {
      return refused(
          "the operator's settings allow pipelines of %s the queues %s, not %s"
              .formatted(namespace, String.join(", ", names), name));
    }
    if (spec.adopt() && !rule.get().adopt()) {
      return refused("the operator's settings do not allow spec.queue.adopt in " + namespace);
    }
    if (spec.deletionPolicy() == QueueSpec.DeletionPolicy.Delete && !rule.get().delete()) {
      return refused(
          "the operator's settings do not allow spec.queue.deletionPolicy Delete in " + namespace);
    }
    return Optional.empty();
  }

  /** Why a namespace's pipeline may not have these tables; empty if it may. */
  public Optional<Bound.Failed> against(String namespace, DynamoDbSpec spec) {
    if (rules.isEmpty()) {
      return Optional.empty();
    }
    Optional<Rule> rule = of(namespace);
    List<String> allowed =
        rule.map(Rule::tables).orElse(List.of()).stream()
            .map(p -> p.replace("{namespace}", namespace))
            .toList();
    for (String table : List.of(spec.table(), spec.relays())) {
      if (allowed.stream().noneMatch(p -> matches(p, table))) {
        return Optional.of(
            new Bound.Failed(
                "TableNotAllowed",
                "the operator's settings do not allow pipelines of %s the table %s"
                    .formatted(namespace, table)));
      }
    }
    if (spec.deletionPolicy() == DynamoDbSpec.DeletionPolicy.Delete
        && !rule.map(Rule::delete).orElse(false)) {
      return Optional.of(
          new Bound.Failed(
              "TableNotAllowed",
              "the operator's settings do not allow spec.dynamodb.deletionPolicy Delete in "
                  + namespace));
    }
    return Optional.empty();
  }

  /** The role that is assumed for the queues of a namespace, if any. */
  public Optional<String> role(String namespace) {
    return of(namespace).map(Rule::roleArn);
  }

  private Optional<Rule> of(String namespace) {
    return rules.stream().filter(r -> r.isFor(namespace)).findFirst();
  }

  private static Optional<Bound.Failed> refused(String message) {
    return Optional.of(new Bound.Failed("QueueNotAllowed", message));
  }

  private static boolean matches(String pattern, String text) {
    String regex =
        Arrays.stream(pattern.split("\\*", -1))
            .map(Pattern::quote)
            .collect(Collectors.joining(".*"));
    return text.matches(regex);
  }
}
