package io.outboxpipeline.helm;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.outboxpipeline.base.BaseSettings;
import io.outboxpipeline.consumer.ConsumerSettings;
import io.outboxpipeline.operator.api.OutboxPipeline;
import io.outboxpipeline.operator.model.BoundQueue;
import io.outboxpipeline.operator.model.Images;
import io.outboxpipeline.operator.model.Sources;
import io.outboxpipeline.operator.model.Wanted;
import io.outboxpipeline.relay.RelaySettings;
import io.outboxpipeline.runtime.Settings;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A default of the CRD is the service's own: to leave out what the operator sets of a pipeline that
 * says nothing changes nothing.
 */
final class DefaultsTest {
  /** What has no default, or another one with good reason. */
  private static final Set<String> NO_DEFAULT =
      Set.of(
          "MYSQL_HOST",
          "MYSQL_DATABASE",
          "SQS_QUEUE",
          "SQS_DEAD_LETTER_QUEUE",
          // In Kubernetes, leases are the API server's, and a port of management is apart.
          "RELAY_LEASE_STORE",
          "RELAY_PIPELINE",
          "SERVER_MANAGEMENT_PORT",
          // In proportion to the lease.
          "MYSQL_SOCKET_TIMEOUT",
          // Logs of a cluster are read by programs.
          "LOG_FORMAT");

  @ParameterizedTest
  @ValueSource(strings = {"base", "relay", "consumer"})
  void a_default_of_the_crd_is_the_services_own(String component) {
    Map<String, String> set = settings(component);
    Function<Map<String, String>, Object> read =
        switch (component) {
          case "base" -> e -> BaseSettings.read(Settings.of(e));
          case "relay" -> e -> RelaySettings.read(Settings.of(e));
          default -> e -> ConsumerSettings.read(Settings.of(e));
        };
    String whole = read.apply(set).toString();
    assertThat(set).hasSizeGreaterThan(NO_DEFAULT.size());
    var differ = new ArrayList<String>();
    for (String variable : new TreeSet<>(set.keySet())) {
      if (!NO_DEFAULT.contains(variable) && !IDENTITY.containsKey(variable)) {
        var without = new HashMap<>(set);
        without.remove(variable);
        String left = read.apply(without).toString();
        if (!left.equals(whole)) {
          differ.add(variable + "=" + set.get(variable) + " is not the default of " + left);
        }
      }
    }
    assertThat(differ).isEmpty();
  }

  /** What the pod adds. */
  private static final Map<String, String> IDENTITY =
      Map.of(
          "MYSQL_USER", "u",
          "MYSQL_PASSWORD", "p",
          "POD_NAME", "pod",
          "POD_UID", "uid",
          "POD_NAMESPACE", "shop");

  private static Map<String, String> settings(String component) {
    OutboxPipeline pipeline =
        Serialization.unmarshal(
            """
            apiVersion: outboxpipeline.io/v1alpha1
            kind: OutboxPipeline
            metadata: {name: orders, namespace: shop, uid: a}
            spec:
              database: {host: mysql, name: orders, credentials: {secretName: database}}
              queue: {name: orders.fifo}
              base: {}
              consumer:
                database: {host: mysql, name: copy, credentials: {secretName: database}}
            """,
            OutboxPipeline.class);
    var queue =
        new BoundQueue(
            "orders.fifo",
            "https://queue/orders.fifo",
            Optional.empty(),
            Optional.of("https://queue/orders-dlq.fifo"),
            Optional.empty());
    var wanted =
        new Wanted(
            pipeline,
            new Images("base", "relay", "consumer", "console"),
            Optional.of(queue),
            new Sources(Map.of(), Map.of()),
            Map.of(),
            new TreeSet<>(Set.of(443)));
    var settings = new HashMap<>(IDENTITY);
    wanted.objects().stream()
        .filter(ConfigMap.class::isInstance)
        .map(ConfigMap.class::cast)
        .filter(m -> m.getMetadata().getName().equals("orders-" + component))
        .forEach(m -> settings.putAll(m.getData()));
    return settings;
  }
}
