package io.outboxpipeline.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.outboxpipeline.runtime.InvalidSettings;
import io.outboxpipeline.runtime.Settings;
import java.time.Duration;
import java.util.Map;
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
    assertThat(settings.partitions()).isEqualTo(64);
    assertThat(settings.source()).hasToString("/outbox/base");
    assertThat(settings.member()).startsWith("relay-");
    assertThat(settings.requestTimeout()).isEqualTo(Duration.ofSeconds(4));
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
