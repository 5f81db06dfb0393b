package io.outboxpipeline.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.outboxpipeline.operator.api.Crd;
import io.outboxpipeline.operator.api.OutboxPipeline;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What becomes of a pipeline that is applied again and again, as GitOps does it. */
@Execution(ExecutionMode.SAME_THREAD)
@ResourceLock(Cluster.PIPELINES)
@NullUnmarked // what is missing fails the test
final class ApplyIT {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Cluster cluster = Cluster.get();
  private final KubernetesClient client = cluster.client();
  private String namespace = "";

  @BeforeAll
  static void alone() {
    Running.end();
  }

  @BeforeEach
  void makeNamespace() {
    namespace = cluster.namespace();
  }

  /**
   * The objects of a spec that may be empty and that the sample fills; of what the components have
   * in common, the base's.
   */
  static Stream<String> optional() throws IOException {
    var crd = Serialization.unmarshal(Files.readString(Crd.FILE), CustomResourceDefinition.class);
    var paths = new ArrayList<String>();
    JSONSchemaProps root = crd.getSpec().getVersions().getFirst().getSchema().getOpenAPIV3Schema();
    collect("/spec", root.getProperties().get("spec"), paths);
    ObjectNode full = sample("everything");
    return paths.stream()
        .filter(p -> !full.at(p).isEmpty())
        .filter(p -> !p.equals("/spec") && !p.equals("/spec/queue"))
        // An empty one is refused, because nobody could sign in to it.
        .filter(p -> !p.equals("/spec/console"))
        .filter(p -> !p.matches("/spec/(relay|consumer|console)/(pod|resources|service.*)(/.*)?"));
  }

  private static void collect(String path, JSONSchemaProps schema, List<String> paths) {
    if (!"object".equals(schema.getType())) {
      return;
    }
    if (schema.getRequired() == null || schema.getRequired().isEmpty()) {
      paths.add(path);
    }
    Map<String, JSONSchemaProps> fields =
        schema.getProperties() == null ? Map.of() : schema.getProperties();
    fields.forEach((name, field) -> collect(path + "/" + name, field, paths));
  }

  @ParameterizedTest
  @MethodSource("optional")
  void an_object_is_reduced_to_an_empty_one_and_stays_one(String path) throws IOException {
    ObjectNode full = sample("everything");
    JsonPointer at = JsonPointer.compile(path);
    ObjectNode reduced = full.deepCopy();
    ((ObjectNode) reduced.at(at.head())).putObject(at.last().getMatchingProperty());
    applied(full);
    JsonNode stored = JSON.valueToTree(applied(reduced)).at(at);
    assertThat(stored.isObject()).as("%s: %s", path, stored).isTrue();
    if (path.equals("/spec/base")) {
      apply(full, "client", "--server-side=false");
      assertThat(apply(reduced, "client", "--server-side=false")).contains("configured");
    }
  }

  @Test
  void an_empty_console_is_refused_for_what_it_lacks() throws IOException {
    ObjectNode full = sample("everything");
    ObjectNode reduced = full.deepCopy();
    ((ObjectNode) reduced.at("/spec")).putObject("console");
    applied(full);
    assertThatThrownBy(() -> applied(reduced)).hasMessageContaining("nobody could sign in");
  }

  private GenericKubernetesResource applied(ObjectNode pipeline) {
    ObjectNode named = pipeline.deepCopy();
    ((ObjectNode) named.at("/metadata")).put("name", "gitops").put("namespace", namespace);
    return client
        .resource(JSON.convertValue(named, GenericKubernetesResource.class))
        .fieldManager("gitops")
        .serverSideApply();
  }

  @Test
  void a_new_object_says_that_nobody_has_looked_at_it() throws IOException {
    apply(sample("smallest"), "fresh", "--server-side");
    OutboxPipeline fresh =
        client.resources(OutboxPipeline.class).inNamespace(namespace).withName("fresh").require();
    assertThat(fresh.status().observedGeneration()).isEqualTo(-1);
  }

  @Test
  void a_word_of_affinity_that_does_not_exist_is_refused_when_it_is_applied() throws IOException {
    ObjectNode typo = sample("smallest");
    ((ObjectNode) typo.at("/spec"))
        .putObject("relay")
        .putObject("pod")
        .putObject("affinity")
        .putObject("nodeAfinity");
    assertThat(apply(typo, "typo", "--server-side")).contains("nodeAfinity");
    assertThat(apply(typo, "typo", "--server-side=false")).contains("nodeAfinity");
  }

  private String apply(ObjectNode pipeline, String name, String how) throws IOException {
    ObjectNode named = pipeline.deepCopy();
    ((ObjectNode) named.at("/metadata")).put("name", name).put("namespace", namespace);
    Path file = Files.createTempFile("pipeline", ".json");
    try {
      Files.writeString(file, named.toString());
      return cluster.kubectl("apply", how, "-f", file.toString());
    } finally {
      Files.delete(file);
    }
  }

  private static ObjectNode sample(String name) throws IOException {
    String yaml = Files.readString(Path.of("..", "crds", "samples", name + ".yaml"));
    return (ObjectNode)
        JSON.valueToTree(Serialization.unmarshal(yaml, GenericKubernetesResource.class));
  }
}
