package io.outboxpipeline.operator.queue;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.utils.Serialization;
import io.outboxpipeline.operator.api.QueueSpec;
import io.outboxpipeline.operator.model.QueueState;
import io.outboxpipeline.runtime.Backoff;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class QueueCareTest {
  private static final QueueSpec SPEC =
      Serialization.unmarshal("--- {name: orders.fifo}", QueueSpec.class);
  private static final Access DOWN =
      new Access(Optional.of("eu-central-1"), Optional.of("http://127.0.0.1:1"), Optional.empty());

  private final SqsClients clients = new SqsClients(Duration.ofMillis(500));
  private final AtomicLong nanos = new AtomicLong();
  private final QueueCare care =
      new QueueCare(
          new Queues(clients),
          Duration.ofMinutes(5),
          new Backoff(Duration.ofSeconds(2), Duration.ofMinutes(1)),
          nanos::get);

  @AfterEach
  void close() {
    clients.close();
  }

  @Test
  void a_failure_is_looked_at_again_after_a_delay_that_grows() {
    QueueCare.Report first = care.look("uid", SPEC, new Owner("owner"), DOWN);
    assertThat(first.state()).isInstanceOf(QueueState.Failed.class);
    assertThat(first.next()).isBetween(Duration.ofSeconds(1), Duration.ofSeconds(2));
    nanos.addAndGet(Duration.ofMillis(400).toNanos());
    assertThat(care.look("uid", SPEC, new Owner("owner"), DOWN).next())
        .as("not looked at again")
        .isEqualTo(first.next().minusMillis(400));
    nanos.addAndGet(Duration.ofSeconds(2).toNanos());
    assertThat(care.look("uid", SPEC, new Owner("owner"), DOWN).next())
        .isBetween(Duration.ofSeconds(2), Duration.ofSeconds(4));
    assertThat(care.last("uid")).isEmpty();
  }
}
