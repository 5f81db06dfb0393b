package io.outboxpipeline.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.ownership.Grant;
import io.outboxpipeline.relay.Backlog.Fresh;
import io.outboxpipeline.relay.Backlog.LaneFetch;
import io.outboxpipeline.relay.Backlog.SlotFetch;
import io.outboxpipeline.testkit.SeedSource;
import io.outboxpipeline.testkit.Seeds;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;

/**
 * The backlog against a table in memory and an SQS that does what it likes: loses answers, fails
 * entries, refuses what is in a request.
 */
final class BacklogPropertyTest {
  /** A dozen aggregates in four slots. */
  private static final int[] AGGREGATES =
      IntStream.iterate(0, n -> n + 1)
          .filter(n -> Rows.aggregate(n).slot() % 64 == 0)
          .limit(12)
          .toArray();

  private static final int NEWER_ROWS = 6;
  private static final Limits SMALL = new Limits(60, 40_000, 24, 60, 30, 5, 4, 1500);
  private static final Limits.Request REQUEST = new Limits.Request(10, 3000, 4000, 100);

  /** The table, its writers, SQS, and the loops around the backlog, all in one thread. */
  private static final class World {
    final RandomGenerator random;
    final List<Grant> drained = new ArrayList<>();
    final Backlog backlog = new Backlog(SMALL, drained::add);
    final TreeMap<Long, Row> table = new TreeMap<>();
    final Map<Long, Row> uncommitted = new TreeMap<>();
    final Map<Aggregate, Long> sequences = new HashMap<>();
    final Set<Aggregate> locked = new HashSet<>();
    final List<List<Message>> underWay = new ArrayList<>();
    final Map<Aggregate, Long> acknowledged = new HashMap<>();
    final Set<String> poison = new HashSet<>();
    final Set<String> quarantined = new HashSet<>();
    long nextId = 1;
    long clock;

    World(RandomGenerator random) {
      this.random = random;
      backlog.own(Rows.ALL, List.of());
    }

    void write() {
      int n = AGGREGATES[random.nextInt(AGGREGATES.length)];
      Aggregate aggregate = Rows.aggregate(n);
      if (locked.contains(aggregate)) {
        return;
      }
      long sequence = sequences.getOrDefault(aggregate, 0L) + 1;
      int bytes = 1 + random.nextInt(random.nextInt(10) == 0 ? 4000 : 400);
      Row row = Rows.row(n, nextId++, sequence, bytes, random.nextInt(60) == 0 ? "flaw" : null);
      if (row.flaw() != null || bytes + 100 > REQUEST.messageBytes() || random.nextInt(50) == 0) {
        poison.add(row.eventId());
      }
      uncommitted.put(row.id(), row);
      locked.add(aggregate);
    }

    void commitOrRollBackOne() {
      if (uncommitted.isEmpty()) {
        return;
      }
      List<Row> open = List.copyOf(uncommitted.values());
      Row row = open.get(random.nextInt(open.size()));
      uncommitted.remove(row.id());
      locked.remove(row.aggregate());
      if (random.nextInt(4) > 0) {
        sequences.put(row.aggregate(), row.sequence());
        table.put(row.id(), row);
      } else {
        poison.remove(row.eventId());
      }
    }

    private List<Row> where(int slot, long after, long to, int limit) {
      return table.values().stream()
          .filter(r -> r.slot() == slot && r.id() > after && r.id() <= to)
          .limit(limit)
          .toList();
    }

    private void addMissed(List<Row> staged, Set<Aggregate> emptied, long[] epochs) {
      Set<Integer> suspicious = backlog.slotsToLookAtAgain(staged, emptied);
      // The sender works while the reader waits for the database.
      sendWhileReading();
      List<RowKey> again = new ArrayList<>();
      backlog
          .passed(suspicious, 0)
          .forEach(
              s ->
                  where(s.slot(), s.after(), s.to(), Integer.MAX_VALUE)
                      .forEach(r -> again.add(new RowKey(r.slot(), r.id()))));
      backlog.add(byKey(backlog.exist(again), backlog.left()), epochs);
    }

    /** As the read loop does it. */
    void read() {
      for (Backlog.Hold hold : backlog.holds()) {
        quarantined.add(hold.row().eventId());
        backlog.recorded(hold);
      }
      long[] epochs = backlog.beginRead();
      long from = random.nextInt(3) == 0 ? 0 : Math.max(0, nextId - 8);
      List<RowKey> keys =
          table.tailMap(from).values().stream().map(r -> new RowKey(r.slot(), r.id())).toList();
      List<Row> late;
      List<Row> next = List.of();
      if (backlog.isBehind() && random.nextBoolean()) {
        late = byKey(backlog.exist(keys), backlog.left());
      } else {
        if (keys.size() <= NEWER_ROWS) {
          Fresh fresh = backlog.fresh(keys);
          late = byKey(fresh.late(), backlog.left());
          next = byKey(fresh.next(), Map.of());
        } else {
          late = byKey(backlog.exist(keys.subList(0, NEWER_ROWS)), backlog.left());
          backlog.allBehind();
        }
      }
      sendWhileReading();
      addMissed(Stream.concat(late.stream(), next.stream()).toList(), Set.of(), epochs);
      backlog.add(late, epochs);
      backlog.add(next, epochs);
      List<LaneFetch> laneFetches = backlog.laneFetches(!next.isEmpty());
      List<List<Row>> lanes =
          laneFetches.stream()
              .map(
                  f ->
                      where(f.aggregate().slot(), f.from() - 1, f.to(), Integer.MAX_VALUE).stream()
                          .filter(r -> r.aggregate().equals(f.aggregate()))
                          .limit(f.limit())
                          .toList())
              .toList();
      List<SlotFetch> slotFetches = backlog.slotFetches(table.isEmpty() ? 0 : table.lastKey());
      List<List<Row>> slots =
          slotFetches.stream()
              .map(
                  f ->
                      where(f.slot(), f.after(), f.to(), Integer.MAX_VALUE).stream()
                          .filter(r -> !f.without().contains(r.aggregate()))
                          .limit(f.limit())
                          .toList())
              .toList();
      List<Row> staged =
          Stream.concat(lanes.stream(), slots.stream()).flatMap(Collection::stream).toList();
      Set<Aggregate> emptied = new HashSet<>();
      for (int i = 0; i < laneFetches.size(); i++) {
        if (lanes.get(i).size() < laneFetches.get(i).limit()) {
          emptied.add(laneFetches.get(i).aggregate());
        }
      }
      addMissed(staged, emptied, epochs);
      for (int i = 0; i < laneFetches.size(); i++) {
        backlog.addLane(
            laneFetches.get(i), lanes.get(i), lanes.get(i).size() < laneFetches.get(i).limit());
      }
      for (int i = 0; i < slotFetches.size(); i++) {
        backlog.addSlot(
            slotFetches.get(i), slots.get(i), slots.get(i).size() < slotFetches.get(i).limit());
      }
    }

    private void sendWhileReading() {
      try {
        if (random.nextBoolean()) {
          send();
        }
        if (random.nextBoolean()) {
          answer(false);
        }
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }

    private List<Row> byKey(List<RowKey> keys, Map<Integer, Set<Aggregate>> without) {
      return keys.stream()
          .map(k -> table.get(k.id()))
          .filter(r -> !without.getOrDefault(r.slot(), Set.of()).contains(r.aggregate()))
          .toList();
    }

    void send() throws InterruptedException {
      List<Message> request = backlog.take(clock++, 0, REQUEST);
      if (request.isEmpty()) {
        return;
      }
      assertThat(request).extracting(m -> m.lane().aggregate()).doesNotHaveDuplicates();
      assertThat(request.size()).isLessThanOrEqualTo(REQUEST.messages());
      assertThat(request.stream().mapToInt(m -> m.bytes() + 100).sum())
          .isLessThanOrEqualTo(REQUEST.requestBytes());
      for (Message m : request) {
        assertThat(m.bytes() + 100).isLessThanOrEqualTo(REQUEST.messageBytes());
        assertThat(underWay.stream().flatMap(List::stream).map(o -> o.lane().aggregate()))
            .as("at most one message of an aggregate is on its way")
            .doesNotContain(m.lane().aggregate());
        long last = acknowledged.getOrDefault(m.lane().aggregate(), 0L);
        for (Row row : m.rows()) {
          assertThat(row.sequence())
              .as("the next event of %s", m.lane().aggregate())
              .isEqualTo(++last);
        }
      }
      underWay.add(request);
    }

    void answer(boolean well) {
      if (underWay.isEmpty()) {
        return;
      }
      List<Message> request = underWay.remove(random.nextInt(underWay.size()));
      boolean bad = request.stream().anyMatch(this::poisoned);
      if (bad && random.nextBoolean()) {
        backlog.refused(request, "refused");
        return;
      }
      for (Message message : request) {
        if (poisoned(message)) {
          backlog.refused(message, "refused");
        } else if (!well && random.nextInt(3) == 0) {
          backlog.failed(message, clock + random.nextInt(5));
        } else {
          acknowledged.put(message.lane().aggregate(), message.rows().getLast().sequence());
          backlog.acknowledged(message);
        }
      }
    }

    private boolean poisoned(Message message) {
      return message.rows().stream().anyMatch(r -> poison.contains(r.eventId()));
    }

    void delete() throws InterruptedException {
      List<Acknowledged> rows = backlog.takeAcknowledged(1 + random.nextInt(20), 1, 0, 0);
      rows.forEach(r -> assertThat(table.remove(r.id())).as("deleted once").isNotNull());
      backlog.deleted(rows);
    }

    /** An administrator puts a tombstone in place of one that is held. */
    void discard() {
      for (String id : List.copyOf(quarantined)) {
        Row row =
            table.values().stream().filter(r -> r.eventId().equals(id)).findFirst().orElseThrow();
        int n = Integer.parseInt(row.aggregate().id().substring(1));
        table.put(row.id(), Rows.row(n, row.id(), row.sequence()));
        poison.remove(id);
        quarantined.remove(id);
        backlog.resume(Set.of(id));
      }
    }

    void step() throws InterruptedException {
      switch (random.nextInt(12)) {
        case 0, 1, 2 -> write();
        case 3, 4, 5 -> commitOrRollBackOne();
        case 6, 7 -> read();
        case 8 -> send();
        case 9 -> answer(false);
        case 10 -> delete();
        default -> {
          if (random.nextInt(10) == 0) {
            discard();
          }
        }
      }
    }

    void settle() throws InterruptedException {
      while (!uncommitted.isEmpty()) {
        commitOrRollBackOne();
      }
      for (int i = 0; i < 3000 && !table.isEmpty(); i++) {
        read();
        clock += 5;
        send();
        answer(true);
        delete();
        discard();
      }
    }
  }

  @ParameterizedTest
  @SeedSource(ci = 400, full = 2_000)
  void every_event_is_sent_once_and_in_order_whatever_sqs_answers(Seeds seeds)
      throws InterruptedException {
    seeds.forEach(BacklogPropertyTest::everyEventIsSentOnceAndInOrder);
  }

  private static void everyEventIsSentOnceAndInOrder(RandomGenerator random)
      throws InterruptedException {
    var world = new World(random);
    for (int i = 0; i < 1500; i++) {
      world.step();
    }
    world.settle();
    assertThat(world.table).as("rows left in the table").isEmpty();
    assertThat(world.acknowledged).isEqualTo(world.sequences);
    assertThat(world.backlog.summary()).isEqualTo(new Backlog.Summary(0, 0, Optional.empty()));
  }

  @ParameterizedTest
  @SeedSource(ci = 60, full = 200)
  void a_drain_ends_with_nothing_on_its_way_and_a_new_owner_sends_the_rest(Seeds seeds)
      throws InterruptedException {
    seeds.forEach(BacklogPropertyTest::aDrainEndsWithNothingOnItsWay);
  }

  private static void aDrainEndsWithNothingOnItsWay(RandomGenerator random)
      throws InterruptedException {
    var world = new World(random);
    for (int round = 1; round <= 3; round++) {
      for (int i = 0; i < 300; i++) {
        world.step();
      }
      var grant = new Grant(0, Rows.ALL.slots(), round);
      world.backlog.drain(grant);
      for (int i = 0; i < 300 && world.drained.isEmpty(); i++) {
        world.clock += 5;
        world.send();
        world.answer(true);
        world.delete();
      }
      assertThat(world.drained).containsExactly(grant);
      assertThat(world.underWay).isEmpty();
      assertThat(world.backlog.take(world.clock + 100, 0, REQUEST)).isEmpty();
      world
          .table
          .values()
          .forEach(
              r ->
                  assertThat(r.sequence())
                      .as("sent and not deleted")
                      .isGreaterThan(world.acknowledged.getOrDefault(r.aggregate(), 0L)));
      world.drained.clear();
      world.backlog.own(
          new Grant(0, Rows.ALL.slots(), round + 1),
          world.table.values().stream()
              .filter(r -> world.quarantined.contains(r.eventId()))
              .map(r -> new Backlog.Held(r.aggregate(), r.id(), r.eventId(), r.createdAt()))
              .toList());
    }
    world.settle();
    assertThat(world.acknowledged).isEqualTo(world.sequences);
  }
}
