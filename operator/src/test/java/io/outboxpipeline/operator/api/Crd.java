package io.outboxpipeline.operator.api;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.crdv2.generator.CRDGenerator;
import io.fabric8.crdv2.generator.CRDPostProcessor;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceColumnDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;

/** The CRD as generated from the model, and where its file is. */
public final class Crd {
  /** The committed file, from the module's folder. */
  public static final Path FILE =
      Path.of("..", "crds", "outboxpipelines.outboxpipeline.io-v1.yml").toAbsolutePath();

  private static final String HEADER =
      """
      # Generated from operator/src/main/java/io/outboxpipeline/operator/api; do not edit.
      # After a change there: see README.md beside this file.
      """;

  /** A Kubernetes quantity, as Kubernetes' own CRDs have it. */
  static final String QUANTITY =
      "^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))"
          + "(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$";

  private Crd() {}

  /** The file's content as it ought to be. */
  public static String generate() {
    var output = new Output();
    new CRDGenerator()
        .customResourceClasses(OutboxPipeline.class)
        .forCRDVersions("v1")
        .withMinQuotes(true)
        .withOutput(output)
        .withPostProcessor(new Finish())
        .generate();
    return HEADER + PodSchema.fold(output.content());
  }

  /** What the generator has no annotation for. */
  static final class Finish implements CRDPostProcessor {
    @Override
    public HasMetadata process(HasMetadata crd, String version) {
      var definition = (CustomResourceDefinition) crd;
      return definition
          .edit()
          .editSpec()
          .editFirstVersion()
          .withAdditionalPrinterColumns(columns(definition))
          .editSubresources()
          .withNewScale()
          .withSpecReplicasPath(".spec.relay.replicas")
          .withStatusReplicasPath(".status.relay.replicas")
          .withLabelSelectorPath(".status.relay.selector")
          .endScale()
          .endSubresources()
          .editSchema()
          .withOpenAPIV3Schema(
              finish(
                  definition.getSpec().getVersions().getFirst().getSchema().getOpenAPIV3Schema()))
          .endSchema()
          .endVersion()
          .endSpec()
          .build();
    }

    private static JSONSchemaProps finish(JSONSchemaProps root) {
      at(root, "status").setDescription("What was found.");
      describeConditions(at(root, "status", "conditions"));
      at(root, "status")
          .setDefault(JsonNodeFactory.instance.objectNode().put("observedGeneration", -1));
      for (String component : List.of("base", "relay", "consumer", "console")) {
        PodSchema.finish(at(root, "spec", component, "pod"));
      }
      whole(at(root, "spec", "base"));
      whole(at(root, "spec", "console"));
      tidy(root);
      return root;
    }

    /**
     * Applied as a whole. Server-side apply makes null of an object whose last field is taken away,
     * and where an object has no default, null is refused, or would mean that it is not wanted.
     */
    static void whole(JSONSchemaProps object) {
      object.setXKubernetesMapType("atomic");
    }

    /** In the order of the annotations, for the generator sorts them by path. */
    private static List<CustomResourceColumnDefinition> columns(CustomResourceDefinition crd) {
      List<String> order =
          Arrays.stream(OutboxPipeline.class.getAnnotationsByType(AdditionalPrinterColumn.class))
              .map(AdditionalPrinterColumn::name)
              .toList();
      return crd.getSpec().getVersions().getFirst().getAdditionalPrinterColumns().stream()
          .sorted(Comparator.comparingInt(c -> order.indexOf(c.getName())))
          .toList();
    }

    /**
     * Each rule once, for the generator finds it on a record's field and on its accessor; and
     * defaults in one order, for those of maps have none.
     */
    private static void tidy(JSONSchemaProps schema) {
      var rules = schema.getXKubernetesValidations();
      if (rules != null) {
        schema.setXKubernetesValidations(List.copyOf(new LinkedHashSet<>(rules)));
      }
      if (schema.getDefault() != null) {
        schema.setDefault(sorted(schema.getDefault()));
      }
      if (schema.getProperties() != null) {
        schema.getProperties().values().forEach(Finish::tidy);
      }
      var values = schema.getAdditionalProperties();
      if (values != null && Boolean.TRUE.equals(values.getSchema().getXKubernetesIntOrString())) {
        values.getSchema().setPattern(QUANTITY);
      }
      if (schema.getItems() != null && schema.getItems().getSchema() != null) {
        tidy(schema.getItems().getSchema());
      }
    }

    /** Kubernetes' own words, shortened; and a map by type, so that each entry is patched alone. */
    private static void describeConditions(JSONSchemaProps conditions) {
      conditions.setXKubernetesListType("map");
      conditions.setXKubernetesListMapKeys(List.of("type"));
      JSONSchemaProps item = conditions.getItems().getSchema();
      item.setRequired(List.of("type", "status", "reason", "message"));
      at(item, "type").setDescription("What it is about.");
      at(item, "status").setDescription("True, False or Unknown.");
      at(item, "reason").setDescription("Why, in one word for programs.");
      at(item, "message").setDescription("Why, and what to do, for people.");
      at(item, "lastTransitionTime").setDescription("When status changed last.");
      at(item, "lastTransitionTime").setFormat("date-time");
      at(item, "observedGeneration")
          .setDescription("The generation of the spec that it was found for.");
    }

    private static JsonNode sorted(JsonNode node) {
      if (!node.isObject()) {
        return node;
      }
      ObjectNode sorted = JsonNodeFactory.instance.objectNode();
      node.properties().stream()
          .sorted(Map.Entry.comparingByKey())
          .forEach(field -> sorted.set(field.getKey(), sorted(field.getValue())));
      return sorted;
    }

    static JSONSchemaProps at(JSONSchemaProps schema, String... path) {
      JSONSchemaProps at = schema;
      for (String name : path) {
        at = requireNonNull(at.getProperties().get(name), name);
      }
      return at;
    }
  }

  private static final class Output implements CRDGenerator.CRDOutput<OutputStream> {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    @Override
    public OutputStream outputFor(String name) {
      return bytes;
    }

    @Override
    public URI crdURI(String name) {
      return FILE.toUri();
    }

    @Override
    public void close() {}

    String content() {
      return bytes
          .toString(StandardCharsets.UTF_8)
          .replace("\r\n", "\n")
          .replaceFirst("(?s)^# Generated[^\n]*\n", "");
    }
  }
}
