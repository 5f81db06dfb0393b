package io.outboxpipeline.relay.source.mysql;

import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.ownership.SlotRange;
import io.outboxpipeline.relay.source.StoredEvent;
import java.net.URI;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The SQL of reading outbox rows, over one connection. */
final class SqlOutboxTable implements OutboxTable, AutoCloseable {

  /** Rows of a slot that one query passes over while some of its aggregates are left. */
  private static final int PASSED_KEYS = 4000;

  /** What can't be told apart as a signed number is not read: ids do not come to that. */
  private static final String IN_RANGE = "id <= " + Long.MAX_VALUE;

  private final Connection c;
  private final EventMaker events;
  private @Nullable PreparedStatement anyAfter;

  SqlOutboxTable(Connection c, EventMaker events) {
    this.c = c;
    this.events = events;
  }

  @Override
  public Server server() throws SQLException {
    return ServerCheck.server(c);
  }

  @Override
  public long highest(long after) throws SQLException {
    String sql =
        "SELECT COALESCE(MAX(id), %s) FROM obt FORCE INDEX (obt_id) WHERE id > %s AND %s"
            .formatted(after, after, IN_RANGE);
    try (var s = c.createStatement();
        var row = s.executeQuery(sql)) {
      row.next();
      return row.getLong(1);
    }
  }

  /** Prepared once, for it is asked many times a second while nothing happens. */
  @Override
  public boolean isAnyAfter(long id) throws SQLException {
    PreparedStatement s = anyAfter;
    if (s == null) {
      s = c.prepareStatement("SELECT 1 FROM obt FORCE INDEX (obt_id) WHERE id > ? LIMIT 1");
      anyAfter = s;
    }
    s.setLong(1, id);
    try (var row = s.executeQuery()) {
      return row.next();
    }
  }

  @Override
  public Newer newer(Owned owned, long after, Collection<Long> known, int limit)
      throws SQLException {
    // With "+ 0" it is one range of the key all the same, and not one between each two known ids.
    String unknown = known.isEmpty() ? "" : "AND id + 0 NOT IN (%s)".formatted(Sql.list(known));
    String sql =
        "SELECT %s FROM obt FORCE INDEX (obt_id) WHERE id > %s AND %s %s AND (%s) ORDER BY id LIMIT %s"
            .formatted(RawRow.COLUMNS, after, IN_RANGE, unknown, Sql.in(owned.ranges()), limit);
    List<RawRow> raws = new ArrayList<>();
    boolean whole = true;
    try (var s = c.createStatement();
        var row = s.executeQuery(sql)) {
      while (row.next()) {
        RawRow raw = RawRow.of(row);
        whole &= raw.payload() != null;
        raws.add(raw);
      }
    }
    List<Newer.Fresh> rows = new ArrayList<>();
    if (!raws.isEmpty()) {
      URI from = events.source().get();
      raws.forEach(raw -> rows.add(new FreshRow(raw, events, from)));
    }
    return new Newer(rows, whole && rows.size() < limit);
  }

  private record FreshRow(RawRow raw, EventMaker events, URI from) implements Newer.Fresh {
    @Override
    public int slot() {
      return raw.slot();
    }

    @Override
    public long id() {
      return raw.id();
    }

    @Override
    public String eventId() {
      return raw.eventId();
    }

    @Override
    public StoredEvent event(long epoch) {
      return events.make(raw, epoch, from);
    }
  }

  /** Answered from the key on id alone. */
  @Override
  public List<Place> places(Owned owned, long after, int limit) throws SQLException {
    String sql =
        "SELECT slot, id FROM obt FORCE INDEX (obt_id) WHERE id > %s AND %s AND (%s) ORDER BY id LIMIT %s"
            .formatted(after, IN_RANGE, Sql.in(owned.ranges()), limit);
    List<Place> places = new ArrayList<>();
    try (var s = c.createStatement();
        var row = s.executeQuery(sql)) {
      while (row.next()) {
        places.add(new Place(row.getInt(1), row.getLong(2)));
      }
    }
    return places;
  }

  @Override
  public List<Key> keys(List<Stretch> stretches, int limit) throws SQLException {
    return keys(
        stretches.stream()
            .map(
                s ->
                    "(SELECT slot, id, event_id, aggregate_type, aggregate_id FROM obt WHERE slot = %s AND id > %s AND id <= %s ORDER BY id LIMIT %s)"
                        .formatted(s.slot(), s.after(), s.to(), limit))
            .collect(Collectors.joining(" UNION ALL ")));
  }

  @Override
  public List<Key> keysOf(int slot, long after, Map<Aggregate, Long> below, int limit)
      throws SQLException {
    long most = below.values().stream().mapToLong(Long::longValue).max().orElse(after);
    String any =
        below.entrySet().stream()
            .map(e -> "(id < " + e.getValue() + " AND " + Sql.is(e.getKey()) + ")")
            .collect(Collectors.joining(" OR "));
    return keys(
        "SELECT slot, id, event_id, aggregate_type, aggregate_id FROM obt WHERE slot = %s AND id > %s AND id < %s AND (%s) ORDER BY id LIMIT %s"
            .formatted(slot, after, most, any, limit));
  }

  private List<Key> keys(String sql) throws SQLException {
    List<Key> keys = new ArrayList<>();
    try (var s = c.createStatement();
        var row = s.executeQuery(sql)) {
      while (row.next()) {
        keys.add(
            new Key(
                row.getInt(1),
                row.getLong(2),
                row.getString(3),
                new Aggregate(row.getString(4), row.getString(5))));
      }
    }
    return keys;
  }

  @Override
  public List<Found> slots(List<SlotRead> reads, Owned owned, Allowance allowance)
      throws SQLException {
    List<SlotRead> plain = reads.stream().filter(r -> r.skip().isEmpty()).toList();
    Map<Integer, Found> found = new HashMap<>();
    if (!plain.isEmpty()) {
      found.putAll(plain(plain, owned, allowance));
    }
    for (SlotRead read : reads) {
      if (!read.skip().isEmpty()) {
        found.put(read.slot(), skipping(read, owned, allowance));
      }
    }
    return reads.stream().map(r -> found.getOrDefault(r.slot(), nothingOf(r))).toList();
  }

  private static Found nothingOf(SlotRead read) {
    return new Found(List.of(), true, read.after());
  }

  private Map<Integer, Found> plain(List<SlotRead> reads, Owned owned, Allowance allowance)
      throws SQLException {
    String sql =
        reads.stream()
            .map(
                r ->
                    "(SELECT %s FROM obt WHERE slot = %s AND id > %s AND %s ORDER BY id LIMIT %s)"
                        .formatted(RawRow.COLUMNS, r.slot(), r.after(), IN_RANGE, r.limit()))
            .collect(Collectors.joining(" UNION ALL "));
    Map<Integer, Reading> bySlot = new TreeMap<>();
    for (SlotRead read : reads) {
      bySlot.put(read.slot(), new Reading(read.after(), read.limit()));
    }
    read(sql, bySlot, owned, allowance);
    Map<Integer, Found> found = new HashMap<>();
    bySlot.forEach((slot, reading) -> found.put(slot, reading.found()));
    return found;
  }

  /**
   * Passes over the keys of what was left first: that takes no memory, and a condition for each
   * aggregate would make a statement of megabytes.
   */
  private Found skipping(SlotRead read, Owned owned, Allowance allowance) throws SQLException {
    List<Key> keys =
        keys(List.of(new Stretch(read.slot(), read.after(), Long.MAX_VALUE)), PASSED_KEYS);
    List<Long> wanted =
        keys.stream()
            .filter(k -> !read.skip().contains(k.aggregate()))
            .map(Key::id)
            .limit(read.limit())
            .toList();
    boolean all = keys.size() < PASSED_KEYS && wanted.size() < read.limit();
    long passed = keys.isEmpty() ? read.after() : keys.getLast().id();
    if (wanted.isEmpty()) {
      return new Found(List.of(), all, passed);
    }
    Found rows = rows(read.slot(), wanted, owned, allowance);
    if (!rows.complete()) {
      return new Found(rows.events(), false, rows.events().isEmpty() ? read.after() : rows.upTo());
    }
    return new Found(rows.events(), all, wanted.size() == read.limit() ? wanted.getLast() : passed);
  }

  @Override
  public Found lane(LaneRead read, Owned owned, Allowance allowance) throws SQLException {
    int slot = read.aggregate().slot();
    String sql =
        "SELECT %s FROM obt WHERE slot = %s AND id BETWEEN %s AND %s AND %s ORDER BY id LIMIT %s"
            .formatted(
                RawRow.COLUMNS,
                slot,
                read.from(),
                read.to(),
                Sql.is(read.aggregate()),
                read.limit());
    var reading = new Reading(Math.max(0, read.from() - 1), read.limit());
    read(sql, Map.of(slot, reading), owned, allowance);
    return reading.found();
  }

  @Override
  public Found rows(int slot, List<Long> ids, Owned owned, Allowance allowance)
      throws SQLException {
    String sql =
        "SELECT %s FROM obt FORCE INDEX (PRIMARY) WHERE slot = %s AND id IN (%s) ORDER BY id"
            .formatted(RawRow.COLUMNS, slot, Sql.list(ids));
    var reading = new Reading(ids.getFirst() - 1, Integer.MAX_VALUE);
    read(sql, Map.of(slot, reading), owned, allowance);
    return reading.found();
  }

  /** What comes of one slot in a read: rows at first, events once there is room for them. */
  private static final class Reading {
    private final int limit;
    private final List<RawRow> raws = new ArrayList<>();
    private final List<StoredEvent> events = new ArrayList<>();
    private boolean cut;
    private long upTo;

    Reading(long after, int limit) {
      this.upTo = after;
      this.limit = limit;
    }

    Found found() {
      return new Found(events, !cut && raws.size() < limit, upTo);
    }
  }

  /**
   * Row by row, so that no more is in memory than there is room for, however large the rows turn
   * out to be.
   */
  private void read(String sql, Map<Integer, Reading> bySlot, Owned owned, Allowance allowance)
      throws SQLException {
    try (var s = c.createStatement(ResultSet.TYPE_FORWARD_ONLY, ResultSet.CONCUR_READ_ONLY)) {
      s.setFetchSize(Integer.MIN_VALUE);
      try (var row = s.executeQuery(sql)) {
        while (row.next()) {
          RawRow raw = RawRow.of(row);
          Reading reading = bySlot.get(raw.slot());
          if (reading == null || reading.cut) {
            continue;
          }
          boolean fits = raw.length() > events.maxBytes() || allowance.take(raw.length());
          reading.cut = !fits;
          if (fits) {
            reading.raws.add(raw);
          }
        }
      }
    }
    for (Reading reading : bySlot.values()) {
      for (RawRow raw : reading.raws) {
        RawRow whole = whole(raw);
        if (whole != null) {
          reading.events.add(
              events.make(whole, owned.epoch(raw.slot()), events.source().get()));
        }
        reading.upTo = raw.id();
      }
    }
  }

  /** With its payload, unless that is too large to be sent; null if the row is gone by now. */
  private @Nullable RawRow whole(RawRow raw) throws SQLException {
    if (raw.payload() != null || raw.length() > events.maxBytes()) {
      return raw;
    }
    try (var s = c.prepareStatement("SELECT payload FROM obt WHERE slot = ? AND id = ?")) {
      s.setInt(1, raw.slot());
      s.setLong(2, raw.id());
      try (var row = s.executeQuery()) {
        byte[] payload = row.next() ? row.getBytes(1) : null;
        return payload == null ? null : raw.withPayload(payload);
      }
    }
  }

  @Override
  public List<Held> held(SlotRange slots) throws SQLException {
    return QuarantineTable.held(c, slots);
  }

  @Override
  public Set<String> stillHeld(Set<String> eventIds) throws SQLException {
    return QuarantineTable.stillHeld(c, eventIds);
  }

  @Override
  public void close() throws SQLException {
    if (anyAfter != null) {
      anyAfter.close();
    }
  }
}
