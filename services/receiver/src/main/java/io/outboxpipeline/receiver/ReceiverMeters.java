package io.outboxpipeline.receiver;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.outboxpipeline.inbox.StalledChains;
import io.outboxpipeline.outbox.Event;
import java.time.Duration;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/**
 * What a receiver counts as Micrometer's meters, all named {@code outbox.consumer.…}. Micrometer is
 * an optional dependency: only who uses this class needs it. Thread-safe.
 */
public final class ReceiverMeters implements ReceiverMetrics {
  private final MeterRegistry registry;
  private final InstantSource clock;
  private final Timer latency;
  private final Counter applied;
  private final Map<Count, Counter> counters = new EnumMap<>(Count.class);

  /**
   * Registers them.
   *
   * @param clock what the latency of an event is told by, against the time of its row in the outbox
   */
  public ReceiverMeters(MeterRegistry registry, InstantSource clock) {
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
    for (Count count : Count.values()) {
      counters.put(
          count,
          counter(count.name().toLowerCase(Locale.ROOT).replace('_', '.'), count.description()));
    }
  }

  private Counter counter(String name, String description) {
    return Counter.builder("outbox.consumer." + name).description(description).register(registry);
  }

  @Override
  public void count(Count what, int by) {
    Counter counter = counters.get(what);
    if (counter != null) {
      counter.increment(by);
    }
  }

  @Override
  public void applied(Event event) {
    applied.increment();
    Duration took = Duration.between(event.time(), clock.instant());
    // The clocks of two machines differ.
    latency.record(took.isNegative() ? Duration.ZERO : took);
  }

  /** Shows how many aggregates stand still. */
  public void show(Supplier<StalledChains> stalled) {
    gauge(
        "parked.aggregates",
        "Aggregates that wait for an event that has not arrived",
        stalled,
        StalledChains::waiting);
    gauge(
        "parked.oldest.age.seconds",
        "How long the longest of them has waited",
        stalled,
        b -> b.oldestWait().toMillis() / 1000.0);
    gauge(
        "held.aggregates",
        "Aggregates that wait for a decision about a rejected event",
        stalled,
        StalledChains::held);
    gauge(
        "held.oldest.age.seconds",
        "How long the longest of them has stood still",
        stalled,
        b -> b.oldestHeld().toMillis() / 1000.0);
    gauge(
        "conflicting.aggregates",
        "Aggregates that wait for a decision about an event whose number was given twice",
        stalled,
        StalledChains::conflicting);
    gauge(
        "conflicting.oldest.age.seconds",
        "How long the longest of them has stood still",
        stalled,
        b -> b.oldestConflict().toMillis() / 1000.0);
  }

  private void gauge(
      String name,
      String description,
      Supplier<StalledChains> stalled,
      ToDoubleFunction<StalledChains> value) {
    // A supplier is kept; an object with a function would be let go of, and the gauge show NaN.
    Gauge.builder("outbox.consumer." + name, () -> value.applyAsDouble(stalled.get()))
        .description(description)
        .register(registry);
  }
}
