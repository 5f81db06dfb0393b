package io.outboxpipeline.operator.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.outboxpipeline.operator.api.OutboxPipeline;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class ConsolesTest {
  private static final String CONSOLE =
      """
      relay: {adminToken: {secretName: relay-admin, key: token}}
      console:
        operatorToken: {secretName: people, key: operator}
        publicUrl: https://console.example/orders
      """;

  private static List<HasMetadata> objects(OutboxPipeline pipeline, Sources sources) {
    return new Wanted(
            pipeline,
            Pipelines.IMAGES,
            Optional.of(Pipelines.QUEUE),
            sources,
            Map.of(),
            Pipelines.API_SERVER)
        .objects();
  }

  private static <T extends HasMetadata> T one(
      OutboxPipeline pipeline, Class<T> kind, String name) {
    return objects(pipeline, Pipelines.NOTHING).stream()
        .filter(o -> kind.isInstance(o) && o.getMetadata().getName().equals(name))
        .map(kind::cast)
        .findFirst()
        .orElseThrow();
  }

  private static Deployment deployment(OutboxPipeline pipeline) {
    return one(pipeline, Deployment.class, "orders-console");
  }

  @Test
  void without_the_field_there_is_nothing_of_it() {
    assertThat(objects(Pipelines.of("relay: {}"), Pipelines.NOTHING))
        .noneMatch(o -> o.getMetadata().getName().contains("console"))
        .noneMatch(o -> o.getMetadata().getName().endsWith("-pods"));
  }

  @Test
  void it_finds_each_pod_of_the_components_that_there_are_ready_or_not() {
    OutboxPipeline pipeline = Pipelines.of(CONSOLE);
    assertThat(one(pipeline, ConfigMap.class, "orders-console").getData())
        .containsEntry("CONSOLE_PIPELINES", "orders")
        .containsEntry("CONSOLE_ORDERS_RELAYS", "dns+http://orders-relay-pods.shop.svc:8082")
        .containsEntry("CONSOLE_ORDERS_NAMESPACE", "shop")
        .containsEntry("CONSOLE_PUBLIC_URL", "https://console.example/orders")
        .containsEntry(
            "CONSOLE_HOSTS", "orders-console,orders-console.shop,orders-console.shop.svc")
        .doesNotContainKeys("CONSOLE_ORDERS_BASES", "CONSOLE_ORDERS_CONSUMERS");
    Service pods = one(pipeline, Service.class, "orders-relay-pods");
    assertThat(pods.getSpec().getClusterIP()).isEqualTo("None");
    assertThat(pods.getSpec().getPublishNotReadyAddresses()).isTrue();
    assertThat(pods.getSpec().getSelector()).isEqualTo(Names.selector(pipeline, Component.RELAY));
    assertThat(pods.getSpec().getPorts().getFirst().getPort()).isEqualTo(8082);
  }

  @Test
  void management_ports_of_base_and_consumer_are_reached_by_no_other_service() {
    OutboxPipeline pipeline = Pipelines.sample("everything");
    Map<String, String> settings = one(pipeline, ConfigMap.class, "spending-console").getData();
    assertThat(settings)
        .containsEntry("CONSOLE_SPENDING_BASES", "dns+http://spending-base-pods.shop.svc:9081")
        .containsEntry(
            "CONSOLE_SPENDING_CONSUMERS", "dns+http://spending-consumer-pods.shop.svc:9083");
  }

  @Test
  void it_has_an_account_without_rights_and_without_a_token() {
    OutboxPipeline pipeline = Pipelines.of(CONSOLE);
    assertThat(one(pipeline, ServiceAccount.class, "orders-console")).isNotNull();
    assertThat(objects(pipeline, Pipelines.NOTHING))
        .filteredOn(RoleBinding.class::isInstance)
        .noneMatch(b -> b.toString().contains("orders-console"));
    var pod = deployment(pipeline).getSpec().getTemplate().getSpec();
    assertThat(pod.getAutomountServiceAccountToken()).isFalse();
    assertThat(pod.getSecurityContext().getRunAsNonRoot()).isTrue();
    assertThat(pod.getContainers().getFirst().getSecurityContext().getReadOnlyRootFilesystem())
        .isTrue();
    assertThat(pod.getContainers().getFirst().getImage()).isEqualTo("i/console:1");
    assertThat(deployment(pipeline).getSpec().getReplicas()).isEqualTo(1);
  }

  @Test
  void its_tokens_are_named_and_written_nowhere() {
    List<EnvVar> env =
        deployment(Pipelines.of(CONSOLE))
            .getSpec()
            .getTemplate()
            .getSpec()
            .getContainers()
            .getFirst()
            .getEnv();
    assertThat(env)
        .extracting(e -> e.getName() + " " + e.getValueFrom().getSecretKeyRef().getName())
        .containsExactly("CONSOLE_OPERATOR_TOKEN people", "CONSOLE_ORDERS_RELAY_TOKEN relay-admin");
  }

  @Test
  void a_token_that_changes_restarts_it_and_is_followed() {
    OutboxPipeline pipeline = Pipelines.of(CONSOLE);
    assertThat(References.of(pipeline.getSpec()).secrets()).contains("people", "relay-admin");
    for (String secret : List.of("people", "relay-admin")) {
      assertThat(digest(pipeline, new Sources(Map.of(secret, "new"), Map.of())))
          .as(secret)
          .isNotEqualTo(digest(pipeline, Pipelines.NOTHING));
    }
  }

  private static String digest(OutboxPipeline pipeline, Sources sources) {
    return objects(pipeline, sources).stream()
        .filter(o -> o instanceof Deployment && o.getMetadata().getName().equals("orders-console"))
        .map(o -> ((Deployment) o).getSpec().getTemplate().getMetadata().getAnnotations())
        .map(a -> a.get(Deployments.DIGEST))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void it_reaches_management_ports_and_where_people_sign_in_alone() {
    OutboxPipeline closed = Pipelines.of(CONSOLE + "networkPolicy: {enabled: true}\n");
    assertThat(egress(closed)).containsExactly(8082, 9081, 9083);
    OutboxPipeline oidc =
        Pipelines.of(
            """
            networkPolicy: {enabled: true}
            console:
              pod: {env: [{name: CONSOLE_OIDC_ISSUER, value: 'https://id.example'}]}
            """);
    assertThat(egress(oidc)).contains(443);
  }

  private static List<Integer> egress(OutboxPipeline pipeline) {
    return one(pipeline, NetworkPolicy.class, "orders-console")
        .getSpec()
        .getEgress()
        .getLast()
        .getPorts()
        .stream()
        .map(p -> p.getPort().getIntVal())
        .toList();
  }
}
