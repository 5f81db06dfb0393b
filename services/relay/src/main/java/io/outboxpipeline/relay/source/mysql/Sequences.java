package io.outboxpipeline.relay.source.mysql;

import io.outboxpipeline.outbox.Aggregate;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;

/**
 * The last number of each aggregate that was handed over, the least used forgotten first, within a
 * bound of memory. Not thread-safe.
 */
final class Sequences {
  /** Bytes of an entry, its record, its number and two strings, without their characters. */
  private static final int OVERHEAD = 200;

  private final long mostBytes;
  private final Map<Aggregate, Long> last = new LinkedHashMap<>(16, 0.75f, true);
  private long bytes;

  Sequences(long mostBytes) {
    this.mostBytes = mostBytes;
  }

  void add(Aggregate aggregate, long sequence) {
    Long before = last.get(aggregate);
    if (before != null) {
      last.put(aggregate, Math.max(before, sequence));
      return;
    }
    last.put(aggregate, sequence);
    bytes += size(aggregate);
    Iterator<Aggregate> eldest = last.keySet().iterator();
    while (bytes > mostBytes && last.size() > 1) {
      bytes -= size(eldest.next());
      eldest.remove();
    }
  }

  OptionalLong last(Aggregate aggregate) {
    Long sequence = last.get(aggregate);
    return sequence == null ? OptionalLong.empty() : OptionalLong.of(sequence);
  }

  void clear() {
    last.clear();
    bytes = 0;
  }

  long bytes() {
    return bytes;
  }

  private static long size(Aggregate aggregate) {
    return OVERHEAD + 2L * (aggregate.type().length() + aggregate.id().length());
  }
}
