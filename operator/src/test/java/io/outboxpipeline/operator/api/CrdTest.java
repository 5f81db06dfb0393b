package io.outboxpipeline.operator.api;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class CrdTest {

  @Test
  void the_file_in_crds_is_what_the_model_generates() throws IOException {
    String generated = Crd.generate();
    if (System.getProperty("crds.write") != null) {
      Files.writeString(Crd.FILE, generated);
    }
    assertThat(generated)
        .as("%s; mvn test -pl operator -am -Dtest=CrdTest -Dcrds.write writes it", Crd.FILE)
        .isEqualTo(Files.readString(Crd.FILE));
  }

  @Test
  void the_reference_in_crds_is_what_the_crd_says() throws IOException {
    String generated = Reference.generate();
    if (System.getProperty("crds.write") != null) {
      Files.writeString(Reference.FILE, generated);
    }
    assertThat(generated)
        .as("%s; mvn test -pl operator -am -Dtest=CrdTest -Dcrds.write writes it", Reference.FILE)
        .isEqualTo(Files.readString(Reference.FILE));
  }

  @Test
  void every_field_is_documented() {
    var undocumented = new ArrayList<String>();
    JSONSchemaProps root = schema();
    for (String part : List.of("spec", "status")) {
      collect(part, part(root, part), undocumented);
    }
    assertThat(undocumented).isEmpty();
  }

  @Test
  void kubectl_knows_it_by_its_short_name_and_category_and_can_scale_it() {
    CustomResourceDefinition crd = crd();
    assertThat(crd.getSpec().getNames().getShortNames()).containsExactly("obp");
    assertThat(crd.getSpec().getNames().getCategories())
        .as("kubectl delete all --all must not take pipelines")
        .containsExactly("outboxpipeline");
    assertThat(crd.getSpec().getScope()).isEqualTo("Namespaced");
    assertThat(crd.getSpec().getVersions().getFirst().getSubresources().getScale())
        .hasFieldOrPropertyWithValue("specReplicasPath", ".spec.relay.replicas");
  }

  @Test
  void a_plain_apply_takes_it() {
    assertThat(Crd.generate().length())
        .as("kubectl apply keeps the whole object in an annotation of at most this length")
        .isLessThan(262_144);
  }

  private static CustomResourceDefinition crd() {
    return Serialization.unmarshal(Crd.generate(), CustomResourceDefinition.class);
  }

  private static JSONSchemaProps schema() {
    return crd().getSpec().getVersions().getFirst().getSchema().getOpenAPIV3Schema();
  }

  private static JSONSchemaProps part(JSONSchemaProps root, String name) {
    return requireNonNull(root.getProperties().get(name), name);
  }

  private static void collect(String path, JSONSchemaProps schema, List<String> undocumented) {
    if (schema.getDescription() == null || schema.getDescription().isBlank()) {
      undocumented.add(path);
    }
    if (PodSchema.isKubernetes(path)) {
      return; // Kubernetes' own
    }
    fields(schema).forEach((name, field) -> collect(path + "." + name, field, undocumented));
    if (schema.getItems() != null && schema.getItems().getSchema() != null) {
      fields(schema.getItems().getSchema())
          .forEach((name, field) -> collect(path + "[]." + name, field, undocumented));
    }
  }

  private static Map<String, JSONSchemaProps> fields(JSONSchemaProps schema) {
    return schema.getProperties() == null ? Map.of() : schema.getProperties();
  }
}
