package io.outboxpipeline.inbox;

import io.outboxpipeline.outbox.Event;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * How far a chain gets with the events that are at hand: a function of values.
 *
 * @param run what is applied now, without a gap from the number after the last one on
 * @param last the last number after that
 * @param refused the event at {@code last + 1}, if it is at hand but rejected
 */
record Decision(List<Event> run, long last, Optional<Event> refused) {

  /** As {@link #of(long, long, NavigableMap, NavigableMap, Predicate)}, as far as it gets. */
  static Decision of(
      long last,
      NavigableMap<Long, Event> arrived,
      NavigableMap<Long, Event> parked,
      Predicate<Event> rejected) {
    return of(last, Long.MAX_VALUE, arrived, parked, rejected);
  }

  /**
   * @param last the last number applied before
   * @param limit the last number that may be applied now
   * @param arrived events by their number
   * @param parked events by their number; where both have one, it is the same event
   */
  static Decision of(
      long last,
      long limit,
      NavigableMap<Long, Event> arrived,
      NavigableMap<Long, Event> parked,
      Predicate<Event> rejected) {
    List<Event> run = new ArrayList<>();
    for (long next = last + 1; next > last && next <= limit; next++) {
      Event event = arrived.getOrDefault(next, parked.get(next));
      if (event == null) {
        return new Decision(run, next - 1, Optional.empty());
      }
      if (rejected.test(event)) {
        return new Decision(run, next - 1, Optional.of(event));
      }
      run.add(event);
    }
    return new Decision(run, last + run.size(), Optional.empty());
  }
}
