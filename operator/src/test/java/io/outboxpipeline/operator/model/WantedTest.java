package io.outboxpipeline.operator.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.outboxpipeline.operator.api.OutboxPipeline;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class WantedTest {

  @Test
  void without_base_and_consumer_there_is_the_relay_alone() {
    assertThat(wanted(Pipelines.of("")).objects())
        .allSatisfy(o -> assertThat(o.getMetadata().getName()).isEqualTo("orders-relay"));
  }

  @Test
  void without_a_queue_only_the_base_starts() {
    var wanted =
        new Wanted(
            Pipelines.sample("everything"),
            Pipelines.IMAGES,
            Optional.empty(),
            Pipelines.NOTHING,
            Map.of(),
            Pipelines.API_SERVER);
    assertThat(wanted.components()).containsExactly(Component.BASE);
  }

  @Test
  void every_pod_is_restricted_as_pod_security_wants_it() {
    for (Deployment deployment : all(Pipelines.sample("everything"), Deployment.class)) {
      PodSpec pod = pod(deployment);
      assertThat(pod.getSecurityContext().getRunAsNonRoot()).isTrue();
      assertThat(pod.getSecurityContext().getSeccompProfile().getType())
          .isEqualTo("RuntimeDefault");
      assertThat(pod.getContainers())
          .allSatisfy(
              c -> {
                assertThat(c.getSecurityContext().getAllowPrivilegeEscalation()).isFalse();
                assertThat(c.getSecurityContext().getReadOnlyRootFilesystem()).isTrue();
                assertThat(c.getSecurityContext().getCapabilities().getDrop())
                    .containsExactly("ALL");
              });
    }
  }

  @Test
  void pods_of_a_lost_node_are_replaced_soon_unless_the_spec_says_when() {
    var usual = pod(deployment(Pipelines.of("relay: {}"), "orders-relay")).getTolerations();
    assertThat(usual)
        .extracting(t -> t.getKey() + " " + t.getTolerationSeconds())
        .containsExactly("node.kubernetes.io/not-ready 30", "node.kubernetes.io/unreachable 30");
    var own =
        pod(deployment(
                Pipelines.of(
                    """
                        relay:
                          pod:
                            tolerations:
                              - key: node.kubernetes.io/unreachable
                                operator: Exists
                                effect: NoExecute
                                tolerationSeconds: 900
                        """),
                "orders-relay"))
            .getTolerations();
    assertThat(own)
        .extracting(t -> t.getKey() + " " + t.getTolerationSeconds())
        .containsExactly("node.kubernetes.io/unreachable 900", "node.kubernetes.io/not-ready 30");
    var all =
        pod(deployment(
                Pipelines.of("relay: {pod: {tolerations: [{operator: Exists}]}}"), "orders-relay"))
            .getTolerations();
    assertThat(all).as("of every taint, for ever").hasSize(1);
  }

  @Test
  void a_pod_is_given_more_time_to_stop_than_the_service_takes() {
    OutboxPipeline pipeline =
        Pipelines.of(
            """
            base: {shutdownGrace: 20s}
            relay: {shutdownGrace: 40s}
            """);
    assertThat(pod(deployment(pipeline, "orders-base")).getTerminationGracePeriodSeconds())
        .isEqualTo(30);
    assertThat(pod(deployment(pipeline, "orders-relay")).getTerminationGracePeriodSeconds())
        .isEqualTo(45);
    assertThat(settings(pipeline, "orders-relay")).containsEntry("SERVER_SHUTDOWN_GRACE", "40s");
  }

  @Test
  void only_relays_with_leases_in_kubernetes_may_ask_the_api_server_and_for_leases_alone() {
    OutboxPipeline pipeline = Pipelines.sample("everything");
    assertThat(pod(deployment(pipeline, "spending-base")).getAutomountServiceAccountToken())
        .isFalse();
    assertThat(pod(deployment(pipeline, "spending-consumer")).getAutomountServiceAccountToken())
        .isFalse();
    assertThat(pod(deployment(pipeline, "spending-relay")).getAutomountServiceAccountToken())
        .isTrue();
    assertThat(all(pipeline, Role.class))
        .singleElement()
        .extracting(Role::getRules)
        .satisfies(
            rules ->
                assertThat(rules)
                    .singleElement()
                    .extracting(PolicyRule::getResources)
                    .isEqualTo(List.of("leases")));

    OutboxPipeline database = Pipelines.of("relay: {lease: {store: Database}}");
    assertThat(all(database, Role.class)).isEmpty();
    assertThat(pod(deployment(database, "orders-relay")).getAutomountServiceAccountToken())
        .isFalse();
    assertThat(settings(database, "orders-relay"))
        .containsEntry("RELAY_LEASE_STORE", "database")
        .containsEntry("RELAY_PARTITIONS", "64");
    assertThat(settings(pipeline, "spending-relay"))
        .as("the number is a record beside the leases, and no pod's business")
        .doesNotContainKey("RELAY_PARTITIONS")
        .containsEntry("RELAY_PIPELINE", "spending")
        .containsEntry("MYSQL_SOCKET_TIMEOUT", "12000ms");
  }

  @Test
  void secrets_are_named_in_pods_and_written_nowhere() {
    OutboxPipeline pipeline = Pipelines.sample("everything");
    List<EnvVar> env =
        pod(deployment(pipeline, "spending-relay")).getContainers().getFirst().getEnv();
    assertThat(env)
        .filteredOn(e -> e.getName().equals("MYSQL_PASSWORD"))
        .singleElement()
        .extracting(e -> e.getValueFrom().getSecretKeyRef().getName())
        .isEqualTo("spending-database");
    assertThat(pod(deployment(pipeline, "spending-base")).getContainers().getFirst().getEnv())
        .as("the base has nothing to do with SQS")
        .noneMatch(e -> e.getName().startsWith("AWS_"));
    for (ConfigMap map : all(pipeline, ConfigMap.class)) {
      assertThat(map.getData()).doesNotContainKeys("MYSQL_USER", "MYSQL_PASSWORD", "ADMIN_TOKEN");
    }
  }

  @Test
  void authorities_are_trusted_for_the_database_alone_and_their_password_is_shown_nowhere() {
    OutboxPipeline store = Pipelines.sample("everything");
    PodSpec relay = pod(deployment(store, "spending-relay"));
    List<EnvVar> env = relay.getContainers().getFirst().getEnv();
    assertThat(env)
        .as("the JVM prints what is in its options, and SQS is reached with them, too")
        .noneMatch(e -> String.valueOf(e.getValue()).contains("javax.net.ssl"));
    assertThat(env)
        .filteredOn(e -> e.getName().startsWith("MYSQL_TRUST_STORE"))
        .satisfiesExactly(
            e -> assertThat(e.getValue()).isEqualTo("/run/outboxpipeline/trust/truststore.p12"),
            e ->
                assertThat(e.getValueFrom().getSecretKeyRef().getName())
                    .isEqualTo("database-authorities"));

    OutboxPipeline authority = Pipelines.sample("relay-only");
    PodSpec trusting = pod(deployment(authority, "invoices-relay"));
    assertThat(trusting.getContainers().getFirst().getEnv())
        .filteredOn(e -> e.getName().equals("MYSQL_CA_FILE"))
        .singleElement()
        .extracting(EnvVar::getValue)
        .isEqualTo("/run/outboxpipeline/trust/global-bundle.pem");
    assertThat(trusting.getVolumes())
        .filteredOn(v -> v.getConfigMap() != null)
        .singleElement()
        .extracting(v -> v.getConfigMap().getName())
        .isEqualTo("rds-authorities");
    assertThat(References.of(authority.getSpec()).configMaps()).contains("rds-authorities");
    assertThat(References.of(store.getSpec()).secrets()).contains("database-authorities");
  }

  @Test
  void a_secret_restarts_whose_pods_use_it() {
    OutboxPipeline pipeline = Pipelines.sample("everything");
    Map<String, String> before = digests(pipeline, Map.of("accounts-database", "1"));
    Map<String, String> after = digests(pipeline, Map.of("accounts-database", "2"));
    assertThat(after.get("spending-base")).isEqualTo(before.get("spending-base"));
    assertThat(after.get("spending-relay")).isEqualTo(before.get("spending-relay"));
    assertThat(after.get("spending-consumer")).isNotEqualTo(before.get("spending-consumer"));
  }

  @Test
  void the_number_of_partitions_and_of_replicas_restarts_nothing() {
    assertThat(digests(Pipelines.of("relay: {partitions: 8}"), Map.of()))
        .isEqualTo(digests(Pipelines.of("relay: {partitions: 32, replicas: 9}"), Map.of()));
  }

  @Test
  void a_paused_pipeline_has_no_relay_and_all_else() {
    OutboxPipeline pipeline =
        Pipelines.of(
            """
            paused: true
            base: {}
            relay: {replicas: 3}
            """);
    assertThat(deployment(pipeline, "orders-relay").getSpec().getReplicas()).isZero();
    assertThat(deployment(pipeline, "orders-base").getSpec().getReplicas()).isEqualTo(2);
  }

  @Test
  void network_policies_let_through_what_the_component_needs() {
    OutboxPipeline pipeline =
        Pipelines.of(
            """
            base: {}
            """,
            "endpoint: 'http://sqs:9324'");
    assertThat(egress(pipeline, "orders-base"))
        .containsExactlyInAnyOrder("UDP 53", "TCP 53", "UDP 5353", "TCP 5353", "TCP 3306");
    assertThat(egress(pipeline, "orders-relay"))
        .containsExactlyInAnyOrder(
            "UDP 53",
            "TCP 53",
            "UDP 5353",
            "TCP 5353",
            "TCP 80",
            "TCP 443",
            "TCP 3306",
            "TCP 16443",
            "TCP 9324");
    assertThat(all(Pipelines.of("networkPolicy: {enabled: false}"), NetworkPolicy.class)).isEmpty();
  }

  @Test
  void a_variable_stands_once_and_the_spec_s_comes_instead_of_ours() {
    OutboxPipeline pipeline =
        Pipelines.of(
            """
            relay:
              adminToken: {secretName: admin, key: token}
              pod:
                env:
                - {name: ADMIN_TOKEN, value: mine}
                - {name: JDK_JAVA_OPTIONS, value: -Xmx1g}
            consumer:
              database:
                host: mysql
                name: copy
                credentials: {secretName: copy}
                tls: {mode: VerifyCa, trustStore: {secretName: trust}}
              pod:
                env:
                - {name: JDK_JAVA_OPTIONS, value: -Xmx1g}
            """);
    var relay = variables(pipeline, "orders-relay");
    assertThat(relay).extracting(EnvVar::getName).doesNotHaveDuplicates();
    assertThat(relay).contains(new EnvVar("ADMIN_TOKEN", "mine", null));
    assertThat(relay).contains(new EnvVar("JDK_JAVA_OPTIONS", "-Xmx1g", null));
    var consumer = variables(pipeline, "orders-consumer");
    assertThat(consumer).extracting(EnvVar::getName).doesNotHaveDuplicates();
    // What trusts the database says nothing to the JVM.
    assertThat(consumer).contains(new EnvVar("JDK_JAVA_OPTIONS", "-Xmx1g", null));
  }

  private static List<EnvVar> variables(OutboxPipeline pipeline, String deployment) {
    return pod(deployment(pipeline, deployment)).getContainers().getFirst().getEnv();
  }

  @Test
  void the_same_spec_gives_the_same_objects() {
    assertThat(Serialization.asJson(wanted(Pipelines.sample("everything")).objects()))
        .isEqualTo(Serialization.asJson(wanted(Pipelines.sample("everything")).objects()));
  }

  private static Wanted wanted(OutboxPipeline pipeline) {
    return new Wanted(
        pipeline,
        Pipelines.IMAGES,
        Optional.of(Pipelines.QUEUE),
        Pipelines.NOTHING,
        Map.of(),
        Pipelines.API_SERVER);
  }

  private static <T extends HasMetadata> List<T> all(OutboxPipeline pipeline, Class<T> kind) {
    return wanted(pipeline).objects().stream().filter(kind::isInstance).map(kind::cast).toList();
  }

  private static Deployment deployment(OutboxPipeline pipeline, String name) {
    return all(pipeline, Deployment.class).stream()
        .filter(d -> d.getMetadata().getName().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static Map<String, String> settings(OutboxPipeline pipeline, String name) {
    return all(pipeline, ConfigMap.class).stream()
        .filter(m -> m.getMetadata().getName().equals(name))
        .findFirst()
        .orElseThrow()
        .getData();
  }

  private static PodSpec pod(Deployment deployment) {
    return deployment.getSpec().getTemplate().getSpec();
  }

  private static List<String> egress(OutboxPipeline pipeline, String name) {
    return all(pipeline, NetworkPolicy.class).stream()
        .filter(p -> p.getMetadata().getName().equals(name))
        .flatMap(p -> p.getSpec().getEgress().stream())
        .flatMap(e -> e.getPorts().stream())
        .map(p -> p.getProtocol() + " " + p.getPort().getIntVal())
        .toList();
  }

  private static Map<String, String> digests(OutboxPipeline pipeline, Map<String, String> secrets) {
    var wanted =
        new Wanted(
            pipeline,
            Pipelines.IMAGES,
            Optional.of(Pipelines.QUEUE),
            new Sources(secrets, Map.of()),
            Map.of(),
            Pipelines.API_SERVER);
    var digests = new TreeMap<String, String>();
    for (HasMetadata object : wanted.objects()) {
      if (object instanceof Deployment deployment) {
        digests.put(
            object.getMetadata().getName(),
            String.valueOf(
                deployment
                    .getSpec()
                    .getTemplate()
                    .getMetadata()
                    .getAnnotations()
                    .get(Deployments.DIGEST)));
      }
    }
    return digests;
  }
}
