package io.outboxpipeline.operator.api;

import static java.util.Objects.requireNonNull;

import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.api.model.apiextensions.v1.ValidationRule;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** The CRD as a page to look things up in. */
final class Reference {
  /** The committed file, from the module's folder. */
  static final Path FILE = Path.of("..", "crds", "REFERENCE.md").toAbsolutePath();

  private final StringBuilder page = new StringBuilder();

  private Reference() {}

  /** The file's content as it ought to be. */
  static String generate() {
    var crd = Serialization.unmarshal(Crd.generate(), CustomResourceDefinition.class);
    var version = crd.getSpec().getVersions().getFirst();
    JSONSchemaProps root = version.getSchema().getOpenAPIV3Schema();
    var reference = new Reference();
    reference.page.append(
        """
        # OutboxPipeline, `%s/%s`

        Generated from the CRD; `kubectl explain obp --recursive` says the same on a cluster. *Italics*: required.

        """
            .formatted(crd.getSpec().getGroup(), version.getName()));
    for (String part : List.of("spec", "status")) {
      reference.section(
          part, requireNonNull(root.getProperties().get(part), part), part.equals("spec"));
    }
    return reference.page.toString();
  }

  /** A table of the fields of one object, then those of the objects in it. */
  private void section(String path, JSONSchemaProps schema, boolean limits) {
    page.append("## ").append(path).append("\n\n");
    page.append(line(schema.getDescription())).append("\n\n");
    page.append(
        limits
            ? "| field | type | default | |\n|---|---|---|---|\n"
            : "| field | type | |\n|---|---|---|\n");
    List<String> required = Objects.requireNonNullElse(schema.getRequired(), List.of());
    for (Map.Entry<String, JSONSchemaProps> field : fields(schema).entrySet()) {
      String name = field.getKey();
      JSONSchemaProps of = field.getValue();
      var columns = new ArrayList<String>();
      columns.add(required.contains(name) && limits ? "*" + name + "*" : name);
      columns.add(type(path + "." + name, of));
      if (limits) {
        columns.add(standard(of));
      }
      columns.add(line(of.getDescription()) + (limits ? rules(of) : ""));
      page.append("| ").append(String.join(" | ", columns)).append(" |\n");
    }
    page.append('\n');
    if (limits) {
      messages(schema).forEach(m -> page.append("- ").append(line(m)).append('\n'));
      if (!messages(schema).isEmpty()) {
        page.append('\n');
      }
    }
    fields(schema)
        .forEach(
            (name, of) ->
                nested(of)
                    .filter(n -> !PodSchema.isKubernetes(path + "." + name))
                    .ifPresent(n -> section(path + "." + name, n, limits)));
  }

  /** The object that a field or its items are, if it has fields of its own. */
  private static Optional<JSONSchemaProps> nested(JSONSchemaProps of) {
    JSONSchemaProps object = of.getItems() == null ? of : of.getItems().getSchema();
    return fields(object).isEmpty() ? Optional.empty() : Optional.of(object);
  }

  private static String type(String path, JSONSchemaProps of) {
    if (PodSchema.isKubernetes(path)) {
      return of.getItems() == null ? "object" : "list of objects";
    }
    if (of.getItems() != null) {
      return "list of " + type(path, of.getItems().getSchema());
    }
    if (!fields(of).isEmpty()) {
      return "[object](#" + path.replace(".", "").toLowerCase(java.util.Locale.ROOT) + ")";
    }
    if (of.getAdditionalProperties() != null) {
      return "map";
    }
    return Boolean.TRUE.equals(of.getXKubernetesIntOrString())
        ? "quantity"
        : Objects.requireNonNullElse(of.getType(), "any");
  }

  private static String standard(JSONSchemaProps of) {
    if (of.getDefault() == null || of.getDefault().isObject()) {
      return "";
    }
    return "`" + line(of.getDefault().asText()) + "`";
  }

  private static String rules(JSONSchemaProps of) {
    var rules = new ArrayList<String>();
    if (of.getEnum() != null && !of.getEnum().isEmpty()) {
      rules.add("One of " + String.join(", ", of.getEnum().stream().map(e -> e.asText()).toList()));
    }
    if (of.getMinimum() != null || of.getMaximum() != null) {
      rules.add(range(of.getMinimum(), of.getMaximum()));
    }
    if (of.getMaxLength() != null) {
      rules.add("At most " + of.getMaxLength() + " characters");
    }
    if (fields(of).isEmpty()) {
      messages(of).forEach(m -> rules.add(line(m)));
    }
    return rules.isEmpty() ? "" : " " + String.join(". ", rules) + ".";
  }

  private static String range(Double from, Double to) {
    if (to == null) {
      return String.format(Locale.ROOT, "At least %.0f", from);
    }
    return from == null
        ? String.format(Locale.ROOT, "At most %.0f", to)
        : String.format(Locale.ROOT, "%.0f to %.0f", from, to);
  }

  private static List<String> messages(JSONSchemaProps of) {
    return of.getXKubernetesValidations() == null
        ? List.of()
        : of.getXKubernetesValidations().stream()
            .map(ValidationRule::getMessage)
            .filter(Objects::nonNull)
            .distinct()
            .toList();
  }

  private static Map<String, JSONSchemaProps> fields(JSONSchemaProps of) {
    return of.getProperties() == null ? Map.of() : of.getProperties();
  }

  /** As a table's cell takes it. */
  private static String line(String text) {
    return text == null ? "" : text.replace("\n", " ").replace("|", "\\|").strip();
  }
}
