package io.outboxpipeline.relay;

import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.ownership.Grant;
import io.outboxpipeline.ownership.SlotRange;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Rows and grants for tests. */
final class Rows {
  static final Grant ALL = new Grant(0, new SlotRange(0, 255), 1);
  static final Limits.Request REQUEST = new Limits.Request(10, 1 << 20, 1 << 20, 100);

  private Rows() {}

  static Aggregate aggregate(int n) {
    return new Aggregate("test", "a" + n);
  }

  static Row row(int aggregate, long id, long sequence) {
    return row(aggregate, id, sequence, 300, null);
  }

  static Row row(int aggregate, long id, long sequence, int bytes, @Nullable String flaw) {
    return new Row(
        aggregate(aggregate).slot(),
        id,
        aggregate(aggregate),
        sequence,
        "e" + id,
        "t",
        Instant.EPOCH,
        "x".repeat(bytes),
        bytes,
        flaw);
  }
}
