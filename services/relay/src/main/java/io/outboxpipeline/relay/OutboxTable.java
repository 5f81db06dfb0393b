package io.outboxpipeline.relay;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.CloudEventsCodec;
import io.outboxpipeline.outbox.Event;
import io.outboxpipeline.outbox.Headers;
import io.outboxpipeline.ownership.DatabaseFence;
import io.outboxpipeline.ownership.SlotRange;
import io.outboxpipeline.relay.Backlog.LaneFetch;
import io.outboxpipeline.relay.Backlog.SlotFetch;
import io.outboxpipeline.relay.Backlog.Stretch;
import java.math.BigDecimal;
import java.net.URI;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The SQL of reading and deleting outbox rows. Numbers stand in the statements as they are, which
 * is safe and spares the server thousands of parameters. Thread-safe: the connection is the
 * caller's.
 */
final class OutboxTable {

  /** Payloads up to this many bytes are read with their rows, larger ones by themselves. */
  private static final int INLINE_BYTES = 16 * 1024;

  /** How much of larger payloads one round of reads takes into memory. */
  private static final long LARGE_BYTES_PER_ROUND = 8 << 20;

  private static final String COLUMNS =
      String.format(
          Locale.ROOT,
          """
          slot, id, aggregate_type, aggregate_id, sequence, event_id, event_type, content_type, headers,
          CAST(UNIX_TIMESTAMP(created_at) * 1000000 AS SIGNED),
          LENGTH(payload), IF(LENGTH(payload) <= %d, payload, NULL)
          """,
          INLINE_BYTES);

  private final SourceName source;
  private final int maxBytes;

  /**
   * @param source what the events say they come from
   * @param maxBytes of a payload that is worth reading: a larger one can't be sent
   */
  OutboxTable(SourceName source, int maxBytes) {
    this.source = source;
    this.maxBytes = maxBytes;
  }

  /** The highest id in the table, 0 if it is empty. */
  static long highestId(Connection c) throws SQLException {
    try (var s = c.createStatement();
        var row = s.executeQuery("SELECT COALESCE(MAX(id), 0) FROM obt")) {
      row.next();
      return row.getLong(1);
    }
  }

  /** Prepared once, for it is asked many times a second while nothing happens. */
  static PreparedStatement anyAfter(Connection c) throws SQLException {
    return c.prepareStatement("SELECT 1 FROM obt FORCE INDEX (obt_id) WHERE id > ? LIMIT 1");
  }

  /** Whether there is a row above an id, of whichever slot. */
  static boolean isAnyAfter(PreparedStatement anyAfter, long id) throws SQLException {
    anyAfter.setLong(1, id);
    try (var row = anyAfter.executeQuery()) {
      return row.next();
    }
  }

  /**
   * Waits in the server until there is a row above an id, of whichever slot: one of these slots
   * alone could be behind many others' at each look. Each round of the recursion is a look. It must
   * name the round, or there would be one look for all, and lock, or it would see what there was
   * when the statement began; rows that are not committed are locked by their writers, and skipped.
   *
   * @param delay between two looks, at least a thousandth of the next
   * @param longest how long it waits
   * @return whether there is a row
   */
  static boolean awaitAnyAfter(Connection c, long id, Duration delay, Duration longest)
      throws SQLException {
    String sql =
        String.format(
            Locale.ROOT,
            """
            WITH RECURSIVE looks (n, found) AS (
              SELECT 0, 0 UNION ALL
              SELECT n + 1, IF((
                SELECT id FROM obt FORCE INDEX (obt_id)
                WHERE looks.n >= 0 AND id > %d LIMIT 1 FOR UPDATE SKIP LOCKED
              ) IS NULL, SLEEP(%s), 1)
              FROM looks
              WHERE found = 0 AND n < %d AND SYSDATE(6) < NOW(6) + INTERVAL %d MICROSECOND)
            SELECT MAX(found) FROM looks
            """,
            id,
            BigDecimal.valueOf(delay.toNanos(), 9),
            longest.dividedBy(delay),
            longest.toNanos() / 1000);
    try (var s = c.createStatement();
        var row = s.executeQuery(sql)) {
      row.next();
      return row.getBoolean(1);
    }
  }

  /** The keys above an id in ranges of slots, by id: answered from the key on id alone. */
  static List<RowKey> newer(Connection c, List<SlotRange> ranges, long after, int limit)
      throws SQLException {
    return keys(
        c,
        String.format(
            Locale.ROOT,
            "SELECT slot, id FROM obt FORCE INDEX (obt_id) WHERE id > %d AND (%s) ORDER BY id LIMIT %d",
            after,
            in(ranges),
            limit));
  }

  /**
   * The rows above an id in ranges of slots, by id, not made into events yet, without those that
   * are known.
   */
  static Newer newerRows(
      Connection c, List<SlotRange> ranges, long after, Collection<Long> known, int limit)
      throws SQLException {
    // With "+ 0" it is one range of the key all the same, and not one between each two known ids.
    String unknown = known.isEmpty() ? "" : "AND id + 0 NOT IN (%s)".formatted(list(known));
    Map<RowKey, Raw> raws = new LinkedHashMap<>();
    try (var s = c.createStatement();
        var rows =
            s.executeQuery(
                String.format(
                    Locale.ROOT,
                    "SELECT %s FROM obt FORCE INDEX (obt_id) WHERE id > %d %s AND (%s) ORDER BY id LIMIT %d",
                    COLUMNS,
                    after,
                    unknown,
                    in(ranges),
                    limit))) {
      while (rows.next()) {
        Raw raw = Raw.of(rows);
        raws.put(new RowKey(raw.slot, raw.id), raw);
      }
    }
    boolean whole = raws.values().stream().noneMatch(r -> r.payload == null);
    return new Newer(raws, whole && raws.size() < limit);
  }

  /** What one query by id found. */
  static final class Newer {
    private final Map<RowKey, Raw> raws;
    private final boolean complete;

    private Newer(Map<RowKey, Raw> raws, boolean complete) {
      this.raws = raws;
      this.complete = complete;
    }

    /** All that was found, by id. */
    List<RowKey> keys() {
      return List.copyOf(raws.keySet());
    }

    /** Whether there was no more than this, and no payload that has to be read by itself. */
    boolean complete() {
      return complete;
    }
  }

  /** Makes events of some of the rows, by id. */
  List<Row> rows(Newer newer, List<RowKey> wanted, long[] epochs) throws SQLException {
    List<Row> rows = new ArrayList<>();
    for (RowKey key : wanted) {
      Raw raw = newer.raws.get(key);
      if (raw != null) {
        rows.add(row(raw, epochs[raw.slot]));
      }
    }
    return rows;
  }

  /** How many rows ranges of slots have, counted up to a limit. */
  static long count(Connection c, List<SlotRange> ranges, int limit) throws SQLException {
    String sql =
        String.format(
            Locale.ROOT,
            "SELECT COUNT(*) FROM (SELECT 1 FROM obt WHERE %s LIMIT %d) counted",
            in(ranges),
            limit);
    try (var s = c.createStatement();
        var row = s.executeQuery(sql)) {
      row.next();
      return row.getLong(1);
    }
  }

  private static String in(List<SlotRange> ranges) {
    return ranges.stream()
        .map(r -> String.format(Locale.ROOT, "slot BETWEEN %d AND %d", r.first(), r.last()))
        .collect(Collectors.joining(" OR "));
  }

  /** The keys in stretches of slots, at most a limit of each, without some aggregates'. */
  static List<RowKey> keys(
      Connection c, List<Stretch> stretches, Map<Integer, Set<Aggregate>> without, int limit)
      throws SQLException {
    return keys(
        c,
        stretches.stream()
            .map(
                s ->
                    String.format(
                        Locale.ROOT,
                        "(SELECT slot, id FROM obt WHERE slot = %d AND id > %d AND id <= %d%s ORDER BY id LIMIT %d)",
                        s.slot(),
                        s.after(),
                        s.to(),
                        without(without, s.slot()),
                        limit))
            .collect(Collectors.joining(" UNION ALL ")));
  }

  /** What is still to be asked for, where a stretch gave as many keys as the limit allows. */
  static List<Stretch> beyond(List<Stretch> stretches, List<RowKey> keys, int limit) {
    List<Stretch> beyond = new ArrayList<>();
    for (Stretch stretch : stretches) {
      List<RowKey> found = keys.stream().filter(k -> k.slot() == stretch.slot()).toList();
      if (found.size() >= limit) {
        beyond.add(new Stretch(stretch.slot(), found.getLast().id(), stretch.to()));
      }
    }
    return beyond;
  }

  private static String without(Map<Integer, Set<Aggregate>> aggregates, int slot) {
    return without(aggregates.getOrDefault(slot, Set.of()));
  }

  private static String without(Set<Aggregate> aggregates) {
    return aggregates.stream()
        .map(
            a ->
                " AND NOT (aggregate_type = %s AND aggregate_id = %s)"
                    .formatted(literal(a.type()), literal(a.id())))
        .collect(Collectors.joining());
  }

  /** Any text, safe to stand in a statement. */
  private static String literal(String text) {
    return "_utf8mb4 x'" + HexFormat.of().formatHex(text.getBytes(UTF_8)) + "'";
  }

  private static List<RowKey> keys(Connection c, String sql) throws SQLException {
    List<RowKey> keys = new ArrayList<>();
    try (var s = c.createStatement();
        var rows = s.executeQuery(sql)) {
      while (rows.next()) {
        keys.add(new RowKey(rows.getInt(1), rows.getLong(2)));
      }
    }
    return keys;
  }

  /**
   * What was found for one fetch.
   *
   * @param complete whether there was no more than this
   */
  record Found(List<Row> rows, boolean complete) {}

  /** Reads slots from where they were left, each a list by id. */
  List<Found> readSlots(Connection c, List<SlotFetch> fetches, LargePayloads large, long[] epochs)
      throws SQLException {
    String sql =
        fetches.stream()
            .map(
                f ->
                    String.format(
                        Locale.ROOT,
                        "(SELECT %s FROM obt WHERE slot = %d AND id > %d%s%s ORDER BY id LIMIT %d)",
                        COLUMNS,
                        f.slot(),
                        f.after(),
                        f.to() == Long.MAX_VALUE ? "" : " AND id <= " + f.to(),
                        without(f.without()),
                        f.limit()))
            .collect(Collectors.joining(" UNION ALL "));
    Map<Integer, List<Raw>> bySlot = new HashMap<>();
    try (var s = c.createStatement();
        var rows = s.executeQuery(sql)) {
      while (rows.next()) {
        Raw raw = Raw.of(rows);
        bySlot.computeIfAbsent(raw.slot, n -> new ArrayList<>()).add(raw);
      }
    }
    List<Found> found = new ArrayList<>();
    for (SlotFetch f : fetches) {
      found.add(found(c, bySlot.getOrDefault(f.slot(), List.of()), f.limit(), large, epochs));
    }
    return found;
  }

  /** Reads an aggregate's rows from one id to another, by id. */
  Found readLane(Connection c, LaneFetch fetch, LargePayloads large, long[] epochs)
      throws SQLException {
    List<Raw> raws = new ArrayList<>();
    String sql =
        "SELECT %s FROM obt WHERE slot = ? AND id BETWEEN ? AND ? AND aggregate_type = ? AND aggregate_id = ? ORDER BY id LIMIT ?"
            .formatted(COLUMNS);
    try (var s = c.prepareStatement(sql)) {
      s.setInt(1, fetch.aggregate().slot());
      s.setLong(2, fetch.from());
      s.setLong(3, fetch.to());
      s.setString(4, fetch.aggregate().type());
      s.setString(5, fetch.aggregate().id());
      s.setInt(6, fetch.limit());
      try (var rows = s.executeQuery()) {
        while (rows.next()) {
          raws.add(Raw.of(rows));
        }
      }
    }
    return found(c, raws, fetch.limit(), large, epochs);
  }

  /** Reads rows by their keys, by slot and id, without some aggregates'. */
  List<Row> readKeys(
      Connection c, List<RowKey> keys, Map<Integer, Set<Aggregate>> without, long[] epochs)
      throws SQLException {
    Map<Integer, List<Long>> bySlot = new TreeMap<>();
    keys.forEach(k -> bySlot.computeIfAbsent(k.slot(), n -> new ArrayList<>()).add(k.id()));
    String sql =
        bySlot.entrySet().stream()
            .map(
                e ->
                    String.format(
                        Locale.ROOT,
                        "(SELECT %s FROM obt WHERE slot = %d AND id IN (%s)%s ORDER BY id LIMIT %d)",
                        COLUMNS,
                        e.getKey(),
                        list(e.getValue()),
                        without(without, e.getKey()),
                        e.getValue().size()))
            .collect(Collectors.joining(" UNION ALL "));
    List<Raw> raws = new ArrayList<>();
    try (var s = c.createStatement();
        var rows = s.executeQuery(sql)) {
      while (rows.next()) {
        raws.add(Raw.of(rows));
      }
    }
    // All of them: an event must not overtake one that was left out here.
    return found(c, raws, Integer.MAX_VALUE, new LargePayloads(Long.MAX_VALUE), epochs).rows();
  }

  private Found found(Connection c, List<Raw> raws, int limit, LargePayloads large, long[] epochs)
      throws SQLException {
    List<Row> rows = new ArrayList<>(raws.size());
    for (Raw raw : raws) {
      if (raw.payload == null && raw.length <= maxBytes) {
        if (large.isExhausted()) {
          return new Found(rows, false);
        }
        if (!large.read(c, raw)) {
          continue;
        }
      }
      rows.add(row(raw, epochs[raw.slot]));
    }
    return new Found(rows, raws.size() < limit);
  }

  private Row row(Raw raw, long epoch) throws SQLException {
    URI from = source.get();
    String body = "";
    String flaw = null;
    if (raw.payload == null) {
      flaw = "too large: a payload of " + raw.length + " bytes";
    } else {
      try {
        body = CloudEventsCodec.encode(raw.event(raw.payload), from, epoch);
      } catch (RuntimeException e) {
        flaw = e.toString();
      }
    }
    return new Row(
        raw.slot,
        raw.id,
        raw.aggregate,
        raw.sequence,
        raw.eventId,
        raw.eventType,
        raw.createdAt,
        body,
        CloudEventsCodec.size(body),
        flaw);
  }

  /**
   * Deletes rows by their keys, in the caller's transaction, those of partitions in their epoch
   * alone.
   *
   * @return the partitions whose epoch is another by now; nothing of them was deleted
   */
  static Set<Integer> delete(Connection transaction, List<Acknowledged> rows) throws SQLException {
    Map<Integer, Long> epochs = new TreeMap<>();
    rows.forEach(r -> epochs.merge(r.partition(), r.epoch(), Math::max));
    Set<Integer> stale = DatabaseFence.stale(transaction, epochs);
    Map<Integer, List<Long>> bySlot = new TreeMap<>();
    for (Acknowledged row : rows) {
      if (!stale.contains(row.partition())
          && row.epoch() == epochs.getOrDefault(row.partition(), 0L)) {
        bySlot.computeIfAbsent(row.slot(), n -> new ArrayList<>()).add(row.id());
      }
    }
    // One statement for all slots would look at all rows of a small table, and wait for writers'.
    try (var s = transaction.createStatement()) {
      for (var e : bySlot.entrySet()) {
        s.addBatch(
            String.format(
                Locale.ROOT,
                "DELETE FROM obt WHERE slot = %d AND id IN (%s)",
                e.getKey(),
                list(e.getValue())));
      }
      s.executeBatch();
    }
    return stale;
  }

  private static String list(Collection<Long> ids) {
    return ids.stream().map(String::valueOf).collect(Collectors.joining(","));
  }

  /** A row's columns, its payload perhaps still in the table. */
  @SuppressWarnings("ArrayRecordComponent") // not compared
  private static final class Raw {
    final int slot;
    final long id;
    final Aggregate aggregate;
    final long sequence;
    final String eventId;
    final String eventType;
    final String contentType;
    final @Nullable String headers;
    final Instant createdAt;
    final long length;
    byte @Nullable [] payload;

    private Raw(ResultSet row) throws SQLException {
      slot = row.getInt(1);
      id = row.getLong(2);
      aggregate = new Aggregate(row.getString(3), row.getString(4));
      sequence = row.getLong(5);
      eventId = row.getString(6);
      eventType = row.getString(7);
      contentType = row.getString(8);
      headers = row.getString(9);
      createdAt = Instant.EPOCH.plus(row.getLong(10), ChronoUnit.MICROS);
      length = row.getLong(11);
      payload = row.getBytes(12);
    }

    static Raw of(ResultSet row) throws SQLException {
      return new Raw(row);
    }

    Event event(byte[] data) {
      return new Event(
          UUID.fromString(eventId),
          aggregate,
          sequence,
          eventType,
          createdAt,
          contentType,
          data,
          Headers.ofColumn(headers));
    }
  }

  /**
   * Reads payloads that are too large to be read with many others, up to a sum for all reads of one
   * round.
   */
  static final class LargePayloads {
    private long left;

    LargePayloads() {
      this(LARGE_BYTES_PER_ROUND);
    }

    private LargePayloads(long left) {
      this.left = left;
    }

    private boolean isExhausted() {
      return left <= 0;
    }

    /** False if the row is gone by now. */
    private boolean read(Connection c, Raw raw) throws SQLException {
      left -= raw.length;
      try (var s = c.prepareStatement("SELECT payload FROM obt WHERE slot = ? AND id = ?")) {
        s.setInt(1, raw.slot);
        s.setLong(2, raw.id);
        try (var row = s.executeQuery()) {
          if (!row.next()) {
            return false;
          }
          raw.payload = row.getBytes(1);
          return true;
        }
      }
    }
  }
}
