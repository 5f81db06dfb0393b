package io.outboxpipeline.consumer;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.outboxpipeline.inbox.Backlog;
import io.outboxpipeline.inbox.Outcome;
import io.outboxpipeline.inbox.Receipt;
import io.outboxpipeline.outbox.CloudEventsCodec.Received;
import io.outboxpipeline.outbox.Event;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/** What the consumer counts. Thread-safe. */
final class ConsumerMetrics {
  private final MeterRegistry registry;
  private final InstantSource clock;
  private final Timer latency;
  private final Counter applied;
  private final Counter passed;
  private final Counter duplicates;
  private final Counter parked;
  private final Counter rejected;
  private final Counter conflicts;
  final Counter batches;
  final Counter messages;
  final Counter failedMessages;
  final Counter deadLettered;
  final Counter unreadableKept;
  final Counter retries;
  final Counter undeleted;
  final Counter queueErrors;

  ConsumerMetrics(MeterRegistry registry, InstantSource clock) {
    this.registry = registry;
    this.clock = clock;
    latency =
        Timer.builder("outbox.consumer.latency")
            .description("Time from an event's row in the outbox to its commit here")
            .publishPercentileHistogram()
            .minimumExpectedValue(Duration.ofMillis(1))
            .maximumExpectedValue(Duration.ofHours(1))
            .register(registry);
    applied = counter("applied", "Events that the handler ran for, committed");
    passed = counter("tombstones", "Tombstones passed");
    duplicates = counter("duplicates", "Events dropped, for they were applied before");
    parked = counter("parked", "Events kept, for an earlier one had not arrived");
    rejected = counter("rejected", "Events that the handler rejected when they arrived");
    conflicts =
        counter("conflicts", "Events held, for another event has their number, when they arrived");
    batches = counter("receive.batches", "Batches of messages that were worked on");
    messages = counter("messages", "Messages received");
    failedMessages = counter("failed.messages", "Messages left to be delivered again");
    deadLettered =
        counter("dead.lettered", "Unreadable events and messages put into the dead-letter queue");
    unreadableKept =
        counter(
            "unreadable.kept",
            "Messages left with what is unreadable, for there is no dead-letter queue");
    retries =
        counter("transaction.retries", "Transactions run again after a deadlock or lock wait");
    undeleted = counter("undeleted.messages", "Messages done with that could not be deleted");
    queueErrors = counter("queue.errors", "Requests to the queue that failed");
  }

  private Counter counter(String name, String description) {
    return Counter.builder("outbox.consumer." + name).description(description).register(registry);
  }

  /** Shows how many aggregates stand still. */
  void show(Supplier<Backlog> backlog) {
    gauge(
        "parked.aggregates",
        "Aggregates that wait for an event that has not arrived",
        backlog,
        Backlog::waiting);
    gauge(
        "parked.oldest.age.seconds",
        "How long the longest of them has waited",
        backlog,
        b -> b.oldestWait().toMillis() / 1000.0);
    gauge(
        "held.aggregates",
        "Aggregates that wait for a decision about a rejected event",
        backlog,
        Backlog::held);
    gauge(
        "held.oldest.age.seconds",
        "How long the longest of them has stood still",
        backlog,
        b -> b.oldestHeld().toMillis() / 1000.0);
    gauge(
        "conflicting.aggregates",
        "Aggregates that wait for a decision about an event whose number was given twice",
        backlog,
        Backlog::conflicting);
    gauge(
        "conflicting.oldest.age.seconds",
        "How long the longest of them has stood still",
        backlog,
        b -> b.oldestConflict().toMillis() / 1000.0);
  }

  private void gauge(
      String name, String description, Supplier<Backlog> backlog, ToDoubleFunction<Backlog> value) {
    // A supplier is kept; an object with a function would be let go of, and the gauge show NaN.
    Gauge.builder("outbox.consumer." + name, () -> value.applyAsDouble(backlog.get()))
        .description(description)
        .register(registry);
  }

  /** Counts what a committed transaction did. */
  void committed(List<Received> events, Receipt receipt) {
    Instant now = clock.instant();
    for (int i = 0; i < events.size(); i++) {
      switch (receipt.outcomes().get(i)) {
        case Outcome.Applied() -> applied(events.get(i).event(), now);
        case Outcome.Passed() -> passed.increment();
        case Outcome.Duplicate() -> duplicates.increment();
        case Outcome.Parked(long awaits) -> parked.increment();
        case Outcome.Rejected(String reason) -> rejected.increment();
        case Outcome.Conflict(String reason) -> conflicts.increment();
      }
    }
    resumed(receipt.replayed());
  }

  /** Counts parked events that were applied. */
  void resumed(List<Event> events) {
    Instant now = clock.instant();
    events.forEach(e -> applied(e, now));
  }

  private void applied(Event event, Instant now) {
    applied.increment();
    Duration took = Duration.between(event.time(), now);
    // The clocks of two machines differ.
    latency.record(took.isNegative() ? Duration.ZERO : took);
  }
}
