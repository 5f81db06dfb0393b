package io.outboxpipeline.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.outboxpipeline.inbox.Start;
import io.outboxpipeline.runtime.InvalidSettings;
import io.outboxpipeline.runtime.Settings;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class ConsumerSettingsTest {

  @Test
  void what_is_required_is_enough() {
    var settings =
        ConsumerSettings.read(
            Settings.of(
                Map.of(
                    "MYSQL_DATABASE", "d",
                    "MYSQL_USER", "u",
                    "MYSQL_PASSWORD", "hidden",
                    "SQS_QUEUE", "q.fifo",
                    "CONSUMER_LOOPS", "9")));
    assertThat(settings.server().port()).isEqualTo(8083);
    assertThat(settings.pollWait()).isEqualTo(Duration.ofSeconds(20));
    assertThat(settings.start()).isEqualTo(Start.AT_ONE);
    assertThat(settings.mysql().poolSize()).as("one for each loop, and some").isGreaterThan(9);
    assertThat(settings.toString()).doesNotContain("hidden");
  }

  @Test
  void every_bad_key_is_named_at_once() {
    assertThatThrownBy(
            () ->
                ConsumerSettings.read(
                    Settings.of(
                        Map.of(
                            "CONSUMER_LOOPS", "0",
                            "CONSUMER_POLL_WAIT", "1500ms",
                            "CONSUMER_START", "tomorrow",
                            "MYSQL_PORT", "x"))))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContainingAll(
            "CONSUMER_LOOPS",
            "CONSUMER_POLL_WAIT",
            "CONSUMER_START",
            "MYSQL_PORT",
            "MYSQL_DATABASE",
            "MYSQL_USER",
            "MYSQL_PASSWORD",
            "SQS_QUEUE");
  }
}
