package io.outboxpipeline.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertAll;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.outboxpipeline.operator.api.OutboxPipeline;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a real API server makes of the CRD: what it takes, what it refuses and with which words. */
@Execution(ExecutionMode.SAME_THREAD)
@ResourceLock(Cluster.PIPELINES)
final class ResourceIT {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static final String GOOD =
      """
      apiVersion: outboxpipeline.io/v1alpha1
      kind: OutboxPipeline
      metadata: {name: good}
      spec:
        database: {host: mysql, name: orders, credentials: {secretName: database}}
        queue: {name: orders.fifo}
      """;

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

  @ParameterizedTest
  @ValueSource(strings = {"smallest", "spending", "relay-only", "dynamodb", "everything"})
  void each_sample_is_taken_and_the_code_has_the_defaults_of_the_schema(String sample)
      throws IOException {
    String yaml = Files.readString(Path.of("..", "crds", "samples", sample + ".yaml"));
    GenericKubernetesResource stored =
        client
            .resource(Serialization.unmarshal(yaml, GenericKubernetesResource.class))
            .inNamespace(namespace)
            .create();
    OutboxPipeline local = Serialization.unmarshal(yaml, OutboxPipeline.class);
    assertThat(tree(stored.getAdditionalProperties().get("spec"))).isEqualTo(tree(local.getSpec()));
  }

  static Stream<Arguments> bad() {
    return Stream.of(
        bad(
            "no host",
            "/database",
            "{name: a, credentials: {secretName: s}}",
            "spec.database.host: Required value"),
        bad(
            "no database name",
            "/database",
            "{host: a, credentials: {secretName: s}}",
            "spec.database.name: Required value"),
        bad(
            "no credentials",
            "/database",
            "{host: a, name: a}",
            "spec.database.credentials: Required value"),
        bad("port", "/database/port", "70000", "should be less than or equal to 65535"),
        bad("host with blanks", "/database/host", "'my sql'", "spec.database.host"),
        bad(
            "secret's name",
            "/database/credentials/secretName",
            "Upper_Case",
            "spec.database.credentials.secretName"),
        bad(
            "trust store unused",
            "/database/tls",
            "{mode: Required, trustStore: {secretName: s}}",
            "trustStore is only looked at when mode is VerifyCa or VerifyIdentity"),
        bad(
            "authority unused",
            "/database/tls",
            "{certificateAuthority: {secretName: s}}",
            "certificateAuthority is only looked at when mode is VerifyCa or VerifyIdentity"),
        bad(
            "authority from two places",
            "/database/tls",
            "{mode: VerifyCa, certificateAuthority: {secretName: s, configMapName: c}}",
            "set one of secretName and configMapName"),
        bad(
            "authority and trust store",
            "/database/tls",
            "{mode: VerifyCa, certificateAuthority: {secretName: s}, trustStore: {secretName: s}}",
            "set one of certificateAuthority and trustStore"),
        bad(
            "no queue",
            "/queue",
            "{type: FIFO}",
            "spec.queue needs either name (the operator creates and keeps the queue) or url"),
        bad(
            "name and url",
            "/queue",
            "{name: a.fifo, url: 'https://sqs/1/a.fifo'}",
            "spec.queue needs either name"),
        bad(
            "no room for -dlq",
            "/queue/name",
            "a".repeat(72) + ".fifo",
            "its dead-letter queue has four more"),
        bad(
            "FIFO without .fifo",
            "/queue/name",
            "orders",
            "the name of a FIFO queue ends in .fifo"),
        bad(
            "standard with .fifo",
            "/queue/type",
            "Standard",
            "the name of a standard queue must not end in .fifo"),
        bad(
            "type of url",
            "/queue",
            "{url: 'https://sqs/1/orders'}",
            "spec.queue.type does not fit spec.queue.url"),
        bad(
            "delete by url",
            "/queue",
            "{url: 'https://sqs/1/a.fifo', deletionPolicy: Delete}",
            "a queue that spec.queue.url names is never changed or deleted"),
        bad("characters of a queue", "/queue/name", "'or ders.fifo'", "spec.queue.name"),
        bad("long queue name", "/queue/name", "'" + "q".repeat(76) + ".fifo'", "spec.queue.name"),
        bad(
            "queue type",
            "/queue/type",
            "fifo",
            "Unsupported value: \"fifo\": supported values: \"FIFO\", \"Standard\""),
        bad(
            "deletion policy",
            "/queue/deletionPolicy",
            "Keep",
            "supported values: \"Delete\", \"Retain\""),
        bad(
            "receive count",
            "/queue/deadLetter",
            "{maxReceiveCount: 0}",
            "should be greater than or equal to 1"),
        bad(
            "visibility",
            "/queue/visibilityTimeout",
            "13h",
            "spec.queue.visibilityTimeout must be at most 12h"),
        bad(
            "retention",
            "/queue/messageRetention",
            "30s",
            "spec.queue.messageRetention must be from 60s to 336h"),
        bad(
            "retention of dead letters",
            "/queue/deadLetter",
            "{messageRetention: 400h}",
            "spec.queue.deadLetter.messageRetention must be from 60s to 336h"),
        bad("unit of time", "/queue/messageRetention", "4d", "spec.queue.messageRetention"),
        bad(
            "KMS without key",
            "/queue/encryption",
            "{type: KMS}",
            "spec.queue.encryption.kmsKeyId goes together with type KMS"),
        bad(
            "key without KMS",
            "/queue/encryption",
            "{kmsKeyId: k}",
            "spec.queue.encryption.kmsKeyId goes together with type KMS"),
        bad(
            "operator's tag",
            "/queue/tags",
            "{outboxpipeline.io/owner: me}",
            "tags that begin with aws: or outboxpipeline.io/ are not yours to set"),
        bad("endpoint", "/queue/endpoint", "'sqs:9324'", "spec.queue.endpoint"),
        bad(
            "more relays than partitions",
            "/relay",
            "{replicas: 9, partitions: 8}",
            "spec.relay.replicas must not exceed spec.relay.partitions"),
        bad("partitions", "/relay", "{partitions: 257}", "should be less than or equal to 256"),
        bad(
            "no partition",
            "/relay",
            "{partitions: 0, replicas: 0}",
            "should be greater than or equal to 1"),
        bad(
            "renewDeadline",
            "/relay",
            "{lease: {leaseDuration: 10s}}",
            "spec.relay.lease.renewDeadline must be shorter than leaseDuration"),
        bad(
            "retryPeriod",
            "/relay",
            "{lease: {retryPeriod: 10s}}",
            "spec.relay.lease.retryPeriod must be shorter than renewDeadline"),
        bad(
            "leaseDuration",
            "/relay",
            "{lease: {leaseDuration: 11m}}",
            "spec.relay.lease.leaseDuration must be from 1s to 10m"),
        bad(
            "store",
            "/relay",
            "{lease: {store: Etcd}}",
            "supported values: \"Database\", \"Kubernetes\""),
        bad(
            "drain beyond grace",
            "/relay",
            "{drainTimeout: 20s}",
            "spec.relay.shutdownGrace must be at least twice spec.relay.drainTimeout"),
        bad(
            "grace",
            "/relay",
            "{shutdownGrace: 2h}",
            "spec.relay.shutdownGrace must be from 5s to 1h"),
        bad(
            "consumer without database",
            "/consumer",
            "{}",
            "spec.consumer.database: Required value"),
        bad(
            "one database for both",
            "/consumer",
            "{database: {host: mysql, name: orders, credentials: {secretName: s}}}",
            "spec.consumer.database must be another database than spec.database"),
        bad("negative replicas", "/base", "{replicas: -1}", "should be greater than or equal to 0"),
        bad(
            "operator's label",
            "/base",
            "{pod: {labels: {app.kubernetes.io/name: x}}}",
            "labels that begin with app.kubernetes.io/ or outboxpipeline.io/ are the operator's"),
        bad(
            "operator's annotation",
            "/base",
            "{pod: {annotations: {outboxpipeline.io/x: x}}}",
            "annotations that begin with outboxpipeline.io/ are the operator's"),
        bad(
            "operator's variable",
            "/relay",
            "{pod: {env: [{name: RELAY_PARTITIONS, value: '3'}]}}",
            "env has a variable that the operator sets itself"),
        bad(
            "variable twice",
            "/relay",
            "{pod: {env: [{name: A, value: a}, {name: A, value: b}]}}",
            "Duplicate value"),
        bad(
            "another's account without a name",
            "/relay",
            "{serviceAccount: {create: false}}",
            "create: false needs a name"),
        bad(
            "an account of that name",
            "/relay",
            "{serviceAccount: {name: a}}",
            "needs create: false"),
        bad(
            "variable with two values",
            "/base",
            "{pod: {env: [{name: A, value: a, secret: {secretName: s, key: k}}]}}",
            "an environment variable needs exactly one of value, secret and configMap"),
        bad(
            "resources",
            "/base",
            "{resources: {limits: {memory: lots}}}",
            "spec.base.resources.limits.memory"),
        bad(
            "drain on deletion",
            "/deletion",
            "{drainTimeout: 25h}",
            "spec.deletion.drainTimeout must be at most 24h"),
        bad(
            "log level",
            "/log",
            "{level: loud}",
            "supported values: \"debug\", \"error\", \"info\", \"trace\", \"warn\""),
        bad("unknown field", "/queue/fifo", "true", "unknown field \"spec.queue.fifo\""));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("bad")
  void each_bad_resource_is_refused_in_the_intended_words(
      String what, String pointer, String value, String message) {
    assertThatThrownBy(() -> create("bad", pointer, value))
        .isInstanceOf(KubernetesClientException.class)
        .hasMessageContaining(message);
  }

  /** As a server-side apply of a finalizer would make one that was deleted just before. */
  @Test
  void one_without_a_spec_is_refused() {
    String bare =
        """
        apiVersion: outboxpipeline.io/v1alpha1
        kind: OutboxPipeline
        metadata: {name: bare}
        """;
    assertThatThrownBy(
            () ->
                client
                    .resource(Serialization.unmarshal(bare, GenericKubernetesResource.class))
                    .inNamespace(namespace)
                    .serverSideApply())
        .hasMessageContaining("spec: Required value");
  }

  @Test
  void names_that_services_cannot_have_are_refused() {
    assertThatThrownBy(() -> create("n".repeat(41), "/paused", "false"))
        .hasMessageContaining("metadata.name must have at most 40 characters");
    assertThatThrownBy(() -> create("9lives", "/paused", "false"))
        .hasMessageContaining("metadata.name must begin with a letter");
    assertThatThrownBy(() -> create("a.b", "/paused", "false"))
        .hasMessageContaining("metadata.name must begin with a letter");
  }

  @Test
  void what_cannot_change_is_refused_with_what_to_do_instead() {
    create(
        "fixed",
        "/consumer",
        "{database: {host: other, name: copy, credentials: {secretName: s}}}");
    assertAll(
        () ->
            assertRefused(
                "/database/name", "other", "Create another pipeline for the other database"),
        () ->
            assertRefused(
                "/queue/name",
                "other.fifo",
                "Create another pipeline for the other queue once this one is drained"),
        () ->
            assertRefused(
                "/queue", "{url: 'https://sqs/1/a.fifo'}", "spec.queue.name can't be changed"),
        () ->
            assertRefused(
                "/queue", "{name: orders, type: Standard}", "spec.queue.type can't be changed"),
        () -> assertRefused("/queue/region", "eu-west-1", "spec.queue.region can't be changed"),
        () ->
            assertRefused(
                "/relay/lease/store",
                "Database",
                "Delete the pipeline with queue.deletionPolicy Retain"),
        () ->
            assertRefused(
                "/consumer/database/name",
                "another",
                "Remove spec.consumer, wait until its pods are gone"));
    change("/database/host", "moved");
    change("/relay/partitions", "32");
    change("/queue/visibilityTimeout", "1m");
  }

  @Test
  void kubectl_explains_every_part() {
    assertThat(cluster.kubectl("explain", "obp.spec.relay.lease.store"))
        .contains("Lease objects beside the pipeline")
        .containsPattern("ENUM:\\s+Database\\s+Kubernetes");
    assertThat(cluster.kubectl("explain", "outboxpipeline.spec.queue", "--recursive"))
        .contains("visibilityTimeout")
        .contains("maxReceiveCount");
  }

  private void assertRefused(String pointer, String value, String message) {
    assertThatThrownBy(() -> change(pointer, value))
        .isInstanceOf(KubernetesClientException.class)
        .hasMessageContaining(message);
  }

  private void create(String name, String pointer, String value) {
    ObjectNode resource = good();
    ((ObjectNode) resource.get("metadata")).put("name", name);
    set(resource, pointer, value);
    send(resource, "POST");
  }

  private void change(String pointer, String value) {
    var current =
        client
            .genericKubernetesResources("outboxpipeline.io/v1alpha1", "OutboxPipeline")
            .inNamespace(namespace)
            .withName("fixed")
            .get();
    ObjectNode resource = JSON.valueToTree(current);
    set(resource, pointer, value);
    send(resource, "PUT");
  }

  /** As kubectl does it: unknown fields are errors. */
  private void send(ObjectNode resource, String method) {
    String path = "/apis/outboxpipeline.io/v1alpha1/namespaces/" + namespace + "/outboxpipelines";
    if (method.equals("PUT")) {
      path += "/" + resource.get("metadata").get("name").asText();
    }
    client.raw(path + "?fieldValidation=Strict", method, resource);
  }

  private static void set(ObjectNode resource, String pointer, String value) {
    int last = pointer.lastIndexOf('/');
    var parent = (ObjectNode) resource.get("spec").at(pointer.substring(0, last));
    parent.set(
        pointer.substring(last + 1), Serialization.unmarshal("--- " + value, JsonNode.class));
  }

  private static ObjectNode good() {
    return Serialization.unmarshal(GOOD, ObjectNode.class);
  }

  private static JsonNode tree(@Nullable Object value) {
    try {
      return JSON.readTree(Serialization.asJson(value));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Arguments bad(String what, String pointer, String value, String message) {
    return Arguments.of(what, pointer, value, message);
  }
}
