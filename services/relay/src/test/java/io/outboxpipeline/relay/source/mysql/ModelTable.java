package io.outboxpipeline.relay.source.mysql;

import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.ownership.SlotRange;
import io.outboxpipeline.relay.source.StoredEvent;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * An outbox table in memory, with transactions that are open: their ids are given out, their rows
 * are not visible. Counts what it is asked, and tells before each question, so that others can act
 * meanwhile.
 */
final class ModelTable implements OutboxTable {

  /** A row; events with a flaw can never be sent. */
  record Row(long id, Aggregate aggregate, long sequence, String eventId, int bytes, boolean flaw) {
    int slot() {
      return aggregate.slot();
    }
  }

  final NavigableMap<Long, Row> rows = new TreeMap<>();

  /** Held events, by event id. */
  final Map<String, Row> quarantine = new HashMap<>();

  private final Runnable beforeEach;
  String server = "a";
  long nextId;
  long queries;
  long rowsPassed;

  ModelTable(long firstId, Runnable beforeEach) {
    this.nextId = firstId;
    this.beforeEach = beforeEach;
  }

  private void asked() {
    queries++;
    beforeEach.run();
  }

  @Override
  public Server server() {
    asked();
    return new Server(server, "", nextId, false);
  }

  @Override
  public long highest(long after) {
    asked();
    return rows.isEmpty() ? after : Math.max(after, rows.lastKey());
  }

  @Override
  public boolean isAnyAfter(long id) {
    asked();
    return rows.higherKey(id) != null;
  }

  private Stream<Row> owned(Owned owned, long after) {
    return rows.tailMap(after, false).values().stream()
        .peek(r -> rowsPassed++)
        .filter(r -> owned.epoch(r.slot()) != 0);
  }

  @Override
  public Newer newer(Owned owned, long after, Collection<Long> known, int limit) {
    asked();
    List<Newer.Fresh> fresh =
        owned(owned, after)
            .filter(r -> !known.contains(r.id()))
            .limit(limit)
            .<Newer.Fresh>map(ModelFresh::new)
            .toList();
    return new Newer(fresh, fresh.size() < limit);
  }

  private record ModelFresh(Row row) implements Newer.Fresh {
    @Override
    public int slot() {
      return row.slot();
    }

    @Override
    public long id() {
      return row.id();
    }

    @Override
    public String eventId() {
      return row.eventId();
    }

    @Override
    public StoredEvent event(long epoch) {
      return ModelTable.event(row, epoch);
    }
  }

  @Override
  public List<Place> places(Owned owned, long after, int limit) {
    asked();
    return owned(owned, after).limit(limit).map(r -> new Place(r.slot(), r.id())).toList();
  }

  private Stream<Row> where(int slot, long after, long to) {
    return to <= after
        ? Stream.of()
        : rows.subMap(after, false, to, true).values().stream().filter(r -> r.slot() == slot);
  }

  @Override
  public List<Key> keys(List<Stretch> stretches, int limit) {
    asked();
    return stretches.stream()
        .flatMap(s -> where(s.slot(), s.after(), s.to()).limit(limit))
        .map(ModelTable::key)
        .toList();
  }

  @Override
  public List<Key> keysOf(int slot, long after, Map<Aggregate, Long> below, int limit) {
    asked();
    return where(slot, after, Long.MAX_VALUE)
        .filter(r -> r.id() < below.getOrDefault(r.aggregate(), 0L))
        .limit(limit)
        .map(ModelTable::key)
        .toList();
  }

  private static Key key(Row r) {
    rowsCheck(r);
    return new Key(r.slot(), r.id(), r.eventId(), r.aggregate());
  }

  private static void rowsCheck(Row r) {
    if (r.id() <= 0) {
      throw new IllegalStateException("a row without an id");
    }
  }

  @Override
  public List<Found> slots(List<SlotRead> reads, Owned owned, Allowance allowance) {
    asked();
    return reads.stream()
        .map(
            r ->
                found(
                    where(r.slot(), r.after(), Long.MAX_VALUE)
                        .filter(row -> !r.skip().contains(row.aggregate()))
                        .limit(r.limit())
                        .toList(),
                    r.limit(),
                    lastOf(r.slot(), r.after()),
                    r.after(),
                    owned,
                    allowance))
        .toList();
  }

  private long lastOf(int slot, long after) {
    return where(slot, after, Long.MAX_VALUE).mapToLong(Row::id).max().orElse(after);
  }

  @Override
  public Found lane(LaneRead read, Owned owned, Allowance allowance) {
    asked();
    List<Row> found =
        where(read.aggregate().slot(), read.from() - 1, read.to())
            .filter(r -> r.aggregate().equals(read.aggregate()))
            .limit(read.limit())
            .toList();
    return found(found, read.limit(), read.to(), Math.max(0, read.from() - 1), owned, allowance);
  }

  @Override
  public Found rows(int slot, List<Long> ids, Owned owned, Allowance allowance) {
    asked();
    List<Row> found =
        where(slot, ids.getFirst() - 1, ids.getLast()).filter(r -> ids.contains(r.id())).toList();
    return found(found, Integer.MAX_VALUE, ids.getLast(), ids.getFirst() - 1, owned, allowance);
  }

  private static Found found(
      List<Row> rows, int limit, long last, long after, Owned owned, Allowance allowance) {
    List<StoredEvent> events = new ArrayList<>();
    long upTo = after;
    for (Row row : rows) {
      if (!allowance.take(row.bytes())) {
        return new Found(events, false, upTo);
      }
      events.add(event(row, owned.epoch(row.slot())));
      upTo = row.id();
    }
    boolean complete = rows.size() < limit;
    return new Found(events, complete, complete ? Math.max(upTo, last) : upTo);
  }

  static StoredEvent event(Row r, long epoch) {
    return new StoredEvent(
        r.slot(),
        r.id(),
        epoch,
        r.aggregate(),
        r.sequence(),
        r.eventId(),
        "t",
        Instant.EPOCH,
        "",
        r.bytes(),
        r.flaw() ? "a flaw" : null);
  }

  @Override
  public List<Held> held(SlotRange slots) {
    asked();
    return quarantine.values().stream()
        .filter(r -> slots.contains(r.slot()))
        .map(r -> new Held(r.aggregate(), r.id(), r.eventId(), Instant.EPOCH))
        .toList();
  }

  @Override
  public Set<String> stillHeld(Set<String> eventIds) {
    asked();
    Set<String> held = new TreeSet<>(eventIds);
    held.retainAll(quarantine.keySet());
    return held;
  }

  /** What was asked so far counts for nothing. */
  void forgetCounts() {
    queries = 0;
    rowsPassed = 0;
  }

  /** Its rows are copied to another server, where ids begin lower. */
  void restore(long firstId, int step) {
    List<Row> before = List.copyOf(rows.values());
    rows.clear();
    server = server + "'";
    nextId = firstId;
    for (Row r : before) {
      var copy = new Row(nextId, r.aggregate(), r.sequence(), r.eventId(), r.bytes(), r.flaw());
      nextId += step;
      rows.put(copy.id(), copy);
      quarantine.computeIfPresent(copy.eventId(), (id, old) -> copy);
    }
  }

  /** A person lets events that are held be tried again: whatever was wrong is mended. */
  void decide() {
    for (Row row : List.copyOf(quarantine.values())) {
      rows.computeIfPresent(
          row.id(), (id, r) -> new Row(id, r.aggregate(), r.sequence(), r.eventId(), 10, false));
      quarantine.remove(row.eventId());
    }
  }
}
