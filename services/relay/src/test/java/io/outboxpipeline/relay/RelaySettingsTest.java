package io.outboxpipeline.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.outboxpipeline.relay.lease.Leases;
import io.outboxpipeline.runtime.InvalidSettings;
import io.outboxpipeline.runtime.Settings;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class RelaySettingsTest {

  @Test
  void four_variables_and_a_queue_are_enough() {
    RelaySettings settings =
        RelaySettings.read(
            Settings.of(
                Map.of(
                    "MYSQL_DATABASE", "base",
                    "MYSQL_USER", "u",
                    "MYSQL_PASSWORD", "p",
                    "SQS_QUEUE", "q.fifo")));
    assertThat(settings.partitions()).isEmpty();
    assertThat(settings.leases()).isEqualTo(new Leases.Database());
    assertThat(settings.source()).as("the database's own").isEmpty();
    assertThat(settings.member()).startsWith("relay-");
    assertThat(settings.requestTimeout()).isEqualTo(Duration.ofSeconds(4));
  }

  @Test
  void in_a_pod_the_member_is_the_pod_and_kubernetes_can_keep_the_leases() {
    var environment =
        new HashMap<>(
            Map.of(
                "MYSQL_DATABASE", "base",
                "MYSQL_USER", "u",
                "MYSQL_PASSWORD", "p",
                "SQS_QUEUE", "q.fifo",
                "RELAY_LEASE_STORE", "kubernetes",
                "RELAY_PIPELINE", "spending",
                "POD_NAMESPACE", "shop",
                "POD_NAME", "spending-relay-0",
                "POD_UID", "5f0c"));
    RelaySettings settings = RelaySettings.read(Settings.of(environment));
    assertThat(settings.member()).isEqualTo("spending-relay-0.5f0c");
    assertThat(settings.leases())
        .isEqualTo(
            new Leases.Kubernetes(
                "shop", "spending", Optional.of(new Leases.Pod("spending-relay-0", "5f0c"))));

    environment.put("RELAY_PIPELINE", "-Spending");
    environment.remove("POD_NAMESPACE");
    assertThatThrownBy(() -> RelaySettings.read(Settings.of(environment)))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContainingAll("RELAY_PIPELINE", "POD_NAMESPACE");
  }

  @Test
  void every_bad_key_is_named_at_once() {
    assertThatThrownBy(
            () ->
                RelaySettings.read(
                    Settings.of(
                        Map.of(
                            "MYSQL_PORT", "0",
                            "RELAY_PARTITIONS", "257",
                            "RELAY_LEASE_DURATION", "5s",
                            "RELAY_SOURCE", "a b",
                            "RELAY_CONCURRENCY", "many"))))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContainingAll(
            "MYSQL_PORT",
            "MYSQL_DATABASE",
            "MYSQL_USER",
            "MYSQL_PASSWORD",
            "SQS_QUEUE",
            "RELAY_PARTITIONS",
            "RELAY_LEASE_DURATION",
            "RELAY_SOURCE",
            "RELAY_CONCURRENCY");
  }
}
