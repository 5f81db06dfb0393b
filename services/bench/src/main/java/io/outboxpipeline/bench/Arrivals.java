package io.outboxpipeline.bench;

import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What an endpoint has received, in the order of its arrival. Thread-safe. */
final class Arrivals {
  private static final int FIRST_SIZE = 1 << 16;

  private final Map<String, Integer> numbers = new HashMap<>();
  private final List<String> aggregates = new ArrayList<>();
  private long[] at = new long[FIRST_SIZE];
  private long[] written = new long[FIRST_SIZE];
  private int[] aggregate = new int[FIRST_SIZE];
  private int[] sequence = new int[FIRST_SIZE];
  private int events;
  private long messages;
  private long requests;

  /**
   * One event of a message.
   *
   * @param written the nano time that the writer put into the payload, or 0
   */
  record Arrived(String aggregate, int sequence, long written) {}

  /** All events of a request that was read at this nano time. */
  synchronized void add(long now, int ofMessages, List<Arrived> arrived) {
    requests++;
    messages += ofMessages;
    for (Arrived event : arrived) {
      if (events == at.length) {
        grow();
      }
      at[events] = now;
      written[events] = event.written;
      aggregate[events] =
          numbers.computeIfAbsent(
              event.aggregate,
              name -> {
                aggregates.add(name);
                return aggregates.size() - 1;
              });
      sequence[events] = event.sequence;
      events++;
    }
  }

  private void grow() {
    int size = 2 * at.length;
    at = Arrays.copyOf(at, size);
    written = Arrays.copyOf(written, size);
    aggregate = Arrays.copyOf(aggregate, size);
    sequence = Arrays.copyOf(sequence, size);
  }

  /** How many events came, those that came twice counted twice. */
  synchronized int count() {
    return events;
  }

  synchronized void reset() {
    numbers.clear();
    aggregates.clear();
    events = 0;
    messages = 0;
    requests = 0;
  }

  /** Writes all of it, as {@link Received} reads it. */
  synchronized void writeTo(DataOutputStream out) throws IOException {
    out.writeLong(requests);
    out.writeLong(messages);
    out.writeInt(aggregates.size());
    for (String name : aggregates) {
      out.writeUTF(name);
    }
    out.writeInt(events);
    for (int i = 0; i < events; i++) {
      out.writeLong(at[i]);
      out.writeLong(written[i]);
      out.writeInt(aggregate[i]);
      out.writeInt(sequence[i]);
    }
  }
}
