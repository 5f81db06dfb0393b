package io.outboxpipeline.spring.receiver.boot4;

import io.outboxpipeline.inbox.StalledChains;
import io.outboxpipeline.receiver.Receiver;
import io.outboxpipeline.spring.receiver.OutboxReceiver;
import java.util.Optional;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/**
 * Whether events arrive, and how many aggregates stand still. DOWN only where a restart helps: if a
 * loop has ended. A queue or database that is away is UNKNOWN, because platforms restart what is
 * down, and that brings neither back.
 */
final class ReceiverHealth implements HealthIndicator {
  private final OutboxReceiver lifecycle;

  ReceiverHealth(OutboxReceiver lifecycle) {
    this.lifecycle = lifecycle;
  }

  @Override
  public Health health() {
    Optional<Receiver> current = lifecycle.current();
    if (current.isEmpty()) {
      return Health.unknown().withDetail("receiver", "does not run").build();
    }
    Receiver receiver = current.get();
    Health.Builder health = status(receiver);
    receiver.queue().trouble().ifPresent(t -> health.withDetail("queue", t));
    receiver.database().trouble().ifPresent(t -> health.withDetail("database", t));
    receiver.loops().trouble().ifPresent(t -> health.withDetail("loops", t));
    StalledChains stalled = receiver.stalled();
    return health
        .withDetail("waiting", stalled.waiting())
        .withDetail("held", stalled.held())
        .withDetail("conflicting", stalled.conflicting())
        .build();
  }

  private static Health.Builder status(Receiver receiver) {
    if (!receiver.loops().isUp()) {
      return Health.down();
    }
    return receiver.queue().isUp() && receiver.database().isUp() ? Health.up() : Health.unknown();
  }
}
