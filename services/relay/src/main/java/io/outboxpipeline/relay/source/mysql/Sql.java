package io.outboxpipeline.relay.source.mysql;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.ownership.SlotRange;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Parts of statements. Numbers and texts stand in them as they are, which is safe as it is done
 * here, and spares the server thousands of parameters.
 */
final class Sql {

  private Sql() {}

  /** Any text, safe to stand in a statement. */
  static String text(String text) {
    return "_utf8mb4 x'" + HexFormat.of().formatHex(text.getBytes(UTF_8)) + "'";
  }

  /** An event id; most are UUIDs, and readable. */
  static String ascii(String id) {
    boolean plain = id.chars().allMatch(c -> c == '-' || (c < 128 && Character.isLetterOrDigit(c)));
    return plain ? "'" + id + "'" : "x'" + HexFormat.of().formatHex(id.getBytes(UTF_8)) + "'";
  }

  static String list(Collection<Long> ids) {
    return ids.stream().map(String::valueOf).collect(Collectors.joining(","));
  }

  static String in(List<SlotRange> ranges) {
    return ranges.stream()
        .map(r -> "slot BETWEEN " + r.first() + " AND " + r.last())
        .collect(Collectors.joining(" OR "));
  }

  static String is(Aggregate aggregate) {
    return "aggregate_type = "
        + text(aggregate.type())
        + " AND aggregate_id = "
        + text(aggregate.id());
  }
}
