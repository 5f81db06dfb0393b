package io.outboxpipeline.operator.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Metrics and admin are reached in the cluster, and by no Service of what has clients; spans get
 * out.
 */
final class PortsTest {
  private final List<HasMetadata> objects =
      new Wanted(
              Pipelines.of(
                  """
                  base: {}
                  consumer:
                    database: {host: mysql, name: copy, credentials: {secretName: copy}}
                  """),
              Pipelines.IMAGES,
              Optional.of(Pipelines.QUEUE),
              Pipelines.NOTHING,
              Map.of(),
              Pipelines.API_SERVER)
          .objects();

  @Test
  void pods_with_clients_have_two_ports_and_relays_one() {
    assertThat(ports("orders-base")).containsExactly("http 8081", "management 9081");
    assertThat(ports("orders-relay")).containsExactly("http 8082");
    assertThat(ports("orders-consumer")).containsExactly("http 8083", "management 9083");
    assertThat(named(ConfigMap.class, "orders-base").getData())
        .containsEntry("SERVER_MANAGEMENT_PORT", "9081");
  }

  @Test
  void no_service_leads_to_it() {
    assertThat(all(Service.class))
        .hasSize(3)
        .flatExtracting(s -> s.getSpec().getPorts())
        .extracting(p -> p.getName())
        .containsOnly("http");
  }

  @Test
  void a_network_policy_lets_prometheus_in() {
    assertThat(named(NetworkPolicy.class, "orders-consumer").getSpec().getIngress())
        .flatExtracting(i -> i.getPorts())
        .extracting(p -> p.getPort().getIntVal())
        .containsExactly(8083, 9083);
  }

  @Test
  void a_network_policy_lets_spans_out_to_their_collector() {
    var traced =
        new Wanted(
                Pipelines.of(
                    """
                    base:
                      pod:
                        env:
                          - {name: OTEL_EXPORTER_OTLP_ENDPOINT, value: "http://collector.otel:4318"}
                          - {name: OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, value: "no uri"}
                    """),
                Pipelines.IMAGES,
                Optional.of(Pipelines.QUEUE),
                Pipelines.NOTHING,
                Map.of(),
                Pipelines.API_SERVER)
            .objects();
    assertThat(traced.stream().filter(NetworkPolicy.class::isInstance))
        .extracting(
            o -> o.getMetadata().getName(),
            o ->
                ((NetworkPolicy) o)
                    .getSpec().getEgress().getLast().getPorts().stream()
                        .anyMatch(p -> p.getPort().getIntVal() == 4318))
        .containsExactlyInAnyOrder(tuple("orders-base", true), tuple("orders-relay", false));
  }

  private List<String> ports(String name) {
    return named(Deployment.class, name)
        .getSpec()
        .getTemplate()
        .getSpec()
        .getContainers()
        .getFirst()
        .getPorts()
        .stream()
        .map(p -> p.getName() + " " + p.getContainerPort())
        .toList();
  }

  private <T extends HasMetadata> T named(Class<T> type, String name) {
    return all(type).filter(o -> o.getMetadata().getName().equals(name)).findFirst().orElseThrow();
  }

  private <T extends HasMetadata> Stream<T> all(Class<T> type) {
    return objects.stream().filter(type::isInstance).map(type::cast);
  }
}
