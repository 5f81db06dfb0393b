package io.outboxpipeline.console.model;

import io.outboxpipeline.console.ask.Samples;
import io.outboxpipeline.console.ask.ServiceClient.Metered;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/** How fast counters grow, from what was read in the last seconds. Not thread-safe. */
final class Rates {
  private static final Duration SPAN = Duration.ofSeconds(10);

  private record Reading(long nanos, Map<String, Samples> byService) {}

  private final Deque<Reading> readings = new ArrayDeque<>();

  /** Takes a reading; older ones than needed are forgotten. */
  void add(long nanos, List<Metered> metered) {
    var byService = new HashMap<String, Samples>();
    metered.forEach(
        m -> m.samples().ifPresent(s -> byService.put(m.service().uri().toString(), s)));
    readings.addLast(new Reading(nanos, byService));
    while (readings.size() > 2 && nanos - second().nanos >= SPAN.toNanos()) {
      readings.removeFirst();
    }
    // Nobody looked for a while: what was then says nothing of now.
    while (readings.size() > 1 && nanos - readings.getFirst().nanos > 3 * SPAN.toNanos()) {
      readings.removeFirst();
    }
  }

  private Reading second() {
    var all = readings.iterator();
    all.next();
    return all.next();
  }

  /** By how much a counter grew in a second; unknown until it was read twice. */
  OptionalDouble perSecond(String counter) {
    if (readings.size() < 2) {
      return OptionalDouble.empty();
    }
    double seconds = (readings.getLast().nanos - readings.getFirst().nanos) / 1e9;
    OptionalDouble growth = growth(counter);
    return growth.isEmpty() || seconds <= 0
        ? OptionalDouble.empty()
        : OptionalDouble.of(growth.getAsDouble() / seconds);
  }

  /** The mean of what a summary took in meanwhile; unknown if that was nothing. */
  OptionalDouble mean(String summary) {
    OptionalDouble count = growth(summary + "_count");
    OptionalDouble sum = growth(summary + "_sum");
    return count.isEmpty() || sum.isEmpty() || count.getAsDouble() <= 0
        ? OptionalDouble.empty()
        : OptionalDouble.of(sum.getAsDouble() / count.getAsDouble());
  }

  /** Of the services that were there at both ends and did not start anew between. */
  private OptionalDouble growth(String counter) {
    if (readings.size() < 2) {
      return OptionalDouble.empty();
    }
    Map<String, Samples> before = readings.getFirst().byService;
    double sum = 0;
    boolean known = false;
    for (var service : readings.getLast().byService.entrySet()) {
      Samples then = before.get(service.getKey());
      OptionalDouble from = then == null ? OptionalDouble.empty() : then.of(counter);
      OptionalDouble to = service.getValue().of(counter);
      if (from.isPresent() && to.isPresent() && to.getAsDouble() >= from.getAsDouble()) {
        sum += to.getAsDouble() - from.getAsDouble();
        known = true;
      }
    }
    return known ? OptionalDouble.of(sum) : OptionalDouble.empty();
  }
}
