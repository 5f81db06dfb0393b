package io.outboxpipeline.relay.source.mysql;

import java.util.Map;
import java.util.TreeMap;

/**
 * Which id was the highest visible at which time, for a bounded past. Ids are given out in rising
 * order, so an id at or below the highest one of a time was given out before that time. Not
 * thread-safe.
 */
final class Marks {
  private static final long GRAIN = 20_000_000;

  private final TreeMap<Long, Long> highest = new TreeMap<>();
  private final long keepNanos;
  private long latest;

  /**
   * @param keepNanos how far back to remember
   */
  Marks(long keepNanos) {
    this.keepNanos = keepNanos;
  }

  /** At this time, this id was visible. */
  void record(long nanos, long id) {
    latest = Math.max(latest, id);
    Map.Entry<Long, Long> last = highest.lastEntry();
    if (last == null) {
      highest.put(nanos, id);
    } else if (id > last.getValue()) {
      // Soon after another mark it counts from a little later on, and is not forgotten.
      long key = last.getKey();
      highest.put(nanos <= key ? key : Math.max(nanos, key + GRAIN), id);
    }
    // The newest mark that is older than what is kept stays: it answers for all of that time.
    while (highest.size() > 1 && highest.higherKey(highest.firstKey()) < nanos - keepNanos) {
      highest.pollFirstEntry();
    }
  }

  /** It is another table by now: nothing is known of it. */
  void clear() {
    highest.clear();
    latest = 0;
  }

  /** The highest id that is known to have been visible by now. */
  long latest() {
    return latest;
  }

  /** The highest id that is known to have been visible at a time; 0 if nothing is known of it. */
  long at(long nanos) {
    Map.Entry<Long, Long> mark = highest.floorEntry(nanos);
    return mark == null ? 0 : mark.getValue();
  }
}
