package io.outboxpipeline.spring.boot;

import io.micrometer.core.instrument.MeterRegistry;
import io.outboxpipeline.outbox.AppendInterceptor;
import io.outboxpipeline.outbox.EventAppender;
import io.outboxpipeline.outbox.NewEvent;
import io.outboxpipeline.outbox.Outbox.Appended;
import java.sql.Connection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Timer {@code outbox.append} with {@code outcome}, counter {@code outbox.events}. */
final class AppendTimer implements AppendInterceptor {
  private final Supplier<@Nullable MeterRegistry> registry;

  AppendTimer(Supplier<@Nullable MeterRegistry> registry) {
    this.registry = registry;
  }

  @Override
  public List<Appended> append(Connection transaction, List<NewEvent> events, EventAppender next) {
    MeterRegistry meters = registry.get();
    if (meters == null) {
      return next.append(transaction, events);
    }
    long start = System.nanoTime();
    String outcome = "failed";
    try {
      List<Appended> appended = next.append(transaction, events);
      outcome = "appended";
      meters.counter("outbox.events").increment(appended.size());
      return appended;
    } finally {
      meters
          .timer("outbox.append", "outcome", outcome)
          .record(System.nanoTime() - start, TimeUnit.NANOSECONDS);
    }
  }
}
