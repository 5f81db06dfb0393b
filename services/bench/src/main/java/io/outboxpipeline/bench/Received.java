package io.outboxpipeline.bench;

import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.Slots;
import java.io.DataInputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * What the endpoint received, in the order of arrival. Nano times of all JVMs of one machine have
 * one origin.
 *
 * @param at when the request was read
 * @param written when the writer was about to write the event, or 0
 */
@SuppressWarnings("ArrayRecordComponent") // not compared by value
record Received(
    long requests,
    long messages,
    String[] aggregates,
    long[] at,
    long[] written,
    int[] aggregate,
    int[] sequence) {

  static Received read(DataInputStream in) throws IOException {
    long requests = in.readLong();
    long messages = in.readLong();
    var names = new String[in.readInt()];
    for (int i = 0; i < names.length; i++) {
      names[i] = in.readUTF();
    }
    int events = in.readInt();
    var all =
        new Received(
            requests,
            messages,
            names,
            new long[events],
            new long[events],
            new int[events],
            new int[events]);
    for (int i = 0; i < events; i++) {
      all.at[i] = in.readLong();
      all.written[i] = in.readLong();
      all.aggregate[i] = in.readInt();
      all.sequence[i] = in.readInt();
    }
    return all;
  }

  int events() {
    return at.length;
  }

  /** Counts, and what is out of order: events whose predecessor had not come. */
  record Order(int distinct, int duplicates, int violations) {}

  Order order() {
    var last = new int[aggregates.length];
    int distinct = 0;
    int violations = 0;
    for (int i = 0; i < at.length; i++) {
      if (sequence[i] <= last[aggregate[i]]) {
        continue;
      }
      violations += sequence[i] == last[aggregate[i]] + 1 ? 0 : 1;
      last[aggregate[i]] = sequence[i];
      distinct++;
    }
    return new Order(distinct, at.length - distinct, violations);
  }

  /** What is wrong if these many events were to come, each aggregate's in order. */
  Optional<String> violation(int expected) {
    Order order = order();
    return order.distinct == expected && order.violations == 0
        ? Optional.empty()
        : Optional.of(
            String.format(Locale.ROOT, "%d events were to come in order: %s", expected, order));
  }

  /** The arrivals since a nano time, each since then. */
  long[] since(long start) {
    return LongStream.of(at).filter(t -> t >= start).map(t -> t - start).toArray();
  }

  /** When the last event of an aggregate came. */
  long lastOf(String id) {
    int number = Arrays.asList(aggregates).indexOf(id);
    return IntStream.range(0, at.length)
        .filter(i -> aggregate[i] == number)
        .mapToLong(i -> at[i])
        .max()
        .orElseThrow();
  }

  /** Those that were written since a nano time. */
  Received writtenSince(long from) {
    return writtenBetween(from, Long.MAX_VALUE);
  }

  /** Those that were written from a nano time on, and before another. */
  Received writtenBetween(long from, long until) {
    int[] some =
        IntStream.range(0, at.length)
            .filter(i -> written[i] >= from && written[i] < until)
            .toArray();
    return new Received(
        requests,
        messages,
        aggregates,
        IntStream.of(some).mapToLong(i -> at[i]).toArray(),
        IntStream.of(some).mapToLong(i -> written[i]).toArray(),
        IntStream.of(some).map(i -> aggregate[i]).toArray(),
        IntStream.of(some).map(i -> sequence[i]).toArray());
  }

  /** From writing to arrival, of all that say when they were written. */
  long[] latencies() {
    return IntStream.range(0, at.length)
        .filter(i -> written[i] > 0)
        .mapToLong(i -> at[i] - written[i])
        .toArray();
  }

  /** When events of each slot came; marks are given by nano time. */
  Chart stalls(String name, String title, Chart.Mark... marks) {
    long start = at[0];
    int[] slots =
        Arrays.stream(aggregates).mapToInt(id -> new Aggregate("bench", id).slot()).toArray();
    return new Chart.Stall(
        name,
        title,
        LongStream.of(at).map(t -> t - start).toArray(),
        IntStream.of(aggregate).map(a -> slots[a]).toArray(),
        Slots.COUNT,
        Arrays.stream(marks)
            .map(mark -> new Chart.Mark(mark.nanos() - start, mark.what()))
            .toArray(Chart.Mark[]::new));
  }
}
