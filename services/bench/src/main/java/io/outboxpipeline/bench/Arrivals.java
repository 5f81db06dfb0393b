package io.outboxpipeline.bench;

import java.util.HashMap;
import java.util.Map;

/**
 * What an endpoint has received, and whether it came in order: each aggregate's sequences 1, 2, 3 …
 * Thread-safe.
 */
final class Arrivals {
  private final Map<String, Long> last = new HashMap<>();
  private long events;
  private long messages;
  private long duplicates;
  private long violations;
  private long firstNanos;
  private long lastNanos;

  /**
   * @param events how many were received, duplicates left out
   * @param violations events whose predecessor had not come
   * @param nanos from the first to the last
   */
  record Summary(long events, long messages, long duplicates, long violations, long nanos) {
    double perSecond() {
      return nanos == 0 ? 0 : events * 1e9 / nanos;
    }
  }

  /** One event of a message arrived. */
  synchronized void event(String aggregate, long sequence) {
    long now = System.nanoTime();
    if (events == 0) {
      firstNanos = now;
    }
    long before = last.getOrDefault(aggregate, 0L);
    if (sequence <= before) {
      duplicates++;
      return;
    }
    if (sequence != before + 1) {
      violations++;
    }
    last.put(aggregate, sequence);
    events++;
    lastNanos = now;
  }

  synchronized void message() {
    messages++;
  }

  synchronized Summary summary() {
    return new Summary(events, messages, duplicates, violations, lastNanos - firstNanos);
  }

  synchronized void reset() {
    last.clear();
    events = 0;
    messages = 0;
    duplicates = 0;
    violations = 0;
  }
}
