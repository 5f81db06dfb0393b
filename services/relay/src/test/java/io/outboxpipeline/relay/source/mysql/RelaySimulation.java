package io.outboxpipeline.relay.source.mysql;

import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.ownership.Grant;
import io.outboxpipeline.ownership.SlotRange;
import io.outboxpipeline.relay.backlog.Limits;
import io.outboxpipeline.relay.backlog.Message;
import io.outboxpipeline.relay.source.StoredEvent;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Relays, writers, a table and an SQS that do what they like, in one thread and after a seed. Each
 * step and each question to the table lets time pass, and others act meanwhile.
 */
final class RelaySimulation {
  static final long MAX_TRANSACTION = Duration.ofSeconds(10).toNanos();
  private static final Limits.Request REQUEST = new Limits.Request(10, 3000, 4000, 100);
  private static final long MILLI = 1_000_000;

  /** A dozen aggregates in four slots, the first two partitions. */
  private static final List<Aggregate> AGGREGATES =
      IntStream.iterate(0, n -> n + 1)
          .mapToObj(n -> new Aggregate("test", "a" + n))
          .filter(a -> a.slot() % 64 == 0)
          .limit(12)
          .toList();

  private static final List<SlotRange> PARTITIONS =
      List.of(new SlotRange(0, 127), new SlotRange(128, 255));

  private record Open(ModelTable.Row row, long began) {}

  private final Random random;
  private final List<String> trace = new ArrayList<>();
  private final ModelTable table;
  private final List<ModelRelay> relays = new ArrayList<>();
  private final List<Open> open = new ArrayList<>();
  private final Set<Aggregate> locked = new HashSet<>();
  private final Map<Aggregate, Long> sequences = new HashMap<>();
  private final ModelQueue queue = new ModelQueue();

  /** By partition: who owns it, with which grant; null while it moves. */
  private final int[] owner = {0, 0};

  private final Grant[] grants = new Grant[2];
  private final boolean[] draining = new boolean[2];
  private final boolean[] givenUp = new boolean[2];
  private final long[] epochs = new long[2];
  private final int step;
  private final boolean bursts;
  private boolean deletesFail;
  private boolean inside;
  private boolean settling;
  private int events;
  private long clock = 1;

  RelaySimulation(long seed) {
    random = new Random(seed);
    step = random.nextInt(3) == 0 ? 7 : 1;
    bursts = random.nextInt(10) == 0;
    long first = random.nextInt(3) == 0 ? 500_000_000 : 1;
    table = new ModelTable(first, this::meanwhile);
    for (int i = 0; i < 2; i++) {
      int me = i;
      relays.add(new ModelRelay(() -> clock, MAX_TRANSACTION, grant -> drained(me, grant)));
    }
    grant(0, 0);
    grant(1, 1);
  }

  /** What happened, for a person who looks for why. */
  List<String> trace() {
    return trace;
  }

  private void log(String what) {
    trace.add(clock / MILLI + " ms: " + what);
  }

  private void check(boolean holds, String what) {
    if (!holds) {
      throw new AssertionError(what);
    }
  }

  // ---- ownership ----

  private void grant(int partition, int relay) {
    epochs[partition]++;
    owner[partition] = relay;
    draining[partition] = false;
    givenUp[partition] = false;
    grants[partition] = new Grant(partition, PARTITIONS.get(partition), epochs[partition]);
    log("relay " + relay + " owns " + grants[partition]);
    relays.get(relay).own(grants[partition]);
  }

  private void drained(int relay, Grant grant) {
    int partition = grant.partition();
    if (draining[partition] && grants[partition].equals(grant)) {
      log("relay " + relay + " drained " + grant);
      check(
          givenUp[partition] || relays.get(relay).underWay.stream().noneMatch(r -> isOf(grant, r)),
          "drained with messages on their way: " + grant);
      grant(partition, 1 - relay);
    }
  }

  private static boolean isOf(Grant grant, List<Message> request) {
    return request.stream()
        .anyMatch(m -> m.epoch() == grant.epoch() && grant.slots().contains(m.aggregate().slot()));
  }

  private void move() {
    int partition = random.nextInt(2);
    if (!draining[partition]) {
      draining[partition] = true;
      log("relay " + owner[partition] + " drains " + partition);
      relays.get(owner[partition]).drain(grants[partition]);
    }
  }

  /** As when a member is taken for dead, or a drain takes too long. */
  private void replace() {
    int partition = random.nextInt(2);
    int before = owner[partition];
    Grant old = grants[partition];
    queue.mayRepeat();
    if (draining[partition] && random.nextBoolean()) {
      log("relay " + before + " gives up " + old);
      givenUp[partition] = true;
      relays.get(before).backlog.stopWaiting(old);
      relays.get(before).giveUp(old);
    } else if (random.nextBoolean()) {
      relays.get(before).abandon(old);
      grant(partition, 1 - before);
    } else {
      grant(partition, 1 - before);
      relays.get(before).abandon(old);
    }
  }

  // ---- writers ----

  private void write() {
    Aggregate aggregate = AGGREGATES.get(random.nextInt(AGGREGATES.size()));
    if (!locked.add(aggregate)) {
      return;
    }
    append(aggregate, random.nextInt(20) == 0 ? 30 : 1 + random.nextInt(2));
    if (random.nextInt(3) > 0) {
      end(aggregate, true);
    }
  }

  /** More than there is room for, which becomes visible late, and all at once. */
  private void burst() {
    List<Aggregate> free = AGGREGATES.stream().filter(locked::add).toList();
    free.forEach(a -> append(a, 10));
    write();
    read(random.nextInt(2));
    free.forEach(a -> end(a, true));
  }

  private void append(Aggregate aggregate, int count) {
    for (int i = 0; i < count; i++) {
      long sequence = sequences.merge(aggregate, 1L, Long::sum);
      int bytes = 1 + random.nextInt(random.nextInt(10) == 0 ? 4000 : 400);
      boolean flaw = random.nextInt(60) == 0 || bytes + 100 > REQUEST.messageBytes();
      var row = new ModelTable.Row(table.nextId, aggregate, sequence, "e" + ++events, bytes, flaw);
      table.nextId += step;
      open.add(new Open(row, clock));
    }
  }

  private void endOne() {
    if (!open.isEmpty()) {
      end(open.get(random.nextInt(open.size())).row().aggregate(), random.nextInt(4) > 0);
    }
  }

  private void end(Aggregate aggregate, boolean commit) {
    List<Open> mine = open.stream().filter(o -> o.row().aggregate().equals(aggregate)).toList();
    if (mine.isEmpty()) {
      return;
    }
    open.removeAll(mine);
    locked.remove(aggregate);
    if (commit) {
      mine.forEach(o -> table.rows.put(o.row().id(), o.row()));
      log("commit of " + mine.stream().map(o -> o.row().id() + "/" + o.row().sequence()).toList());
    } else {
      sequences.merge(aggregate, (long) -mine.size(), Long::sum);
    }
  }

  /** No transaction is longer than it may be. */
  private void endLong() {
    open.stream()
        .filter(o -> clock - o.began() > MAX_TRANSACTION * 8 / 10)
        .map(o -> o.row().aggregate())
        .toList()
        .forEach(a -> end(a, true));
  }

  /** The rows are copied to another server, where ids begin lower; what was open is lost. */
  private void restore() {
    for (Open o : List.copyOf(open)) {
      end(o.row().aggregate(), false);
    }
    table.restore(1L + random.nextInt(20), step);
    // The aggregates' numbers were restored, too: nothing that was committed is lost.
    // What was sent and is to be deleted is sent again: its id is another row's.
    queue.mayRepeat();
    // All connections led to the old server.
    relays.forEach(r -> r.reader.connected());
    log("restored with " + table.rows.size() + " rows");
  }

  // ---- the relays' work ----

  private void read(int relay) {
    try {
      boolean before = inside;
      inside = true;
      long asked = table.queries;
      relays.get(relay).round(table);
      inside = before;
      check(table.queries - asked <= 80, "questions of one round: " + (table.queries - asked));
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
    var summary = relays.get(relay).backlog.summary();
    check(summary.rows() <= ModelRelay.SMALL.rows(), "rows in memory: " + summary);
    check(summary.bytes() <= ModelRelay.SMALL.bytes() + 4096, "bytes in memory: " + summary);
  }

  /** Others act while a relay waits for the database. */
  private void meanwhile() {
    clock += MILLI / 10;
    if (inside && random.nextInt(8) == 0) {
      // Once faults have stopped nobody writes.
      switch (settling ? 2 + random.nextInt(4) : random.nextInt(6)) {
        case 0 -> write();
        case 1 -> endOne();
        case 2 -> send(random.nextInt(2));
        case 3 -> answer(random.nextInt(2), settling);
        default -> delete(random.nextInt(2));
      }
    }
  }

  private void send(int relay) {
    relays.get(relay).send(clock, REQUEST);
  }

  private void answer(int relay, boolean well) {
    ModelRelay r = relays.get(relay);
    if (r.underWay.isEmpty()) {
      return;
    }
    List<Message> request = r.underWay.remove(random.nextInt(r.underWay.size()));
    for (Message message : request) {
      int luck = well ? 9 : random.nextInt(10);
      if (luck > 0) {
        queue.receive(message);
        log("SQS has " + message.events().stream().map(StoredEvent::position).toList());
      }
      if (luck <= 1) {
        // Refused or not arrived, or the answer is lost.
        queue.mayRepeat();
        r.backlog.failed(message, clock + MILLI * random.nextInt(50));
      } else {
        queue.acknowledge(message);
        r.backlog.acknowledged(message);
      }
    }
  }

  private void delete(int relay) {
    if (deletesFail) {
      return;
    }
    relays.get(relay).delete(table, 1 + random.nextInt(20), epochs, queue);
  }

  void step() {
    clock += MILLI * (random.nextInt(200) == 0 ? 5_000 : random.nextInt(40));
    endLong();
    int relay = random.nextInt(2);
    switch (random.nextInt(16)) {
      case 0, 1, 2, 3 -> write();
      case 4, 5 -> endOne();
      case 6, 7, 8 -> read(relay);
      case 9, 10 -> send(relay);
      case 11, 12 -> answer(relay, false);
      case 13 -> delete(relay);
      default -> {
        switch (random.nextInt(20)) {
          case 0 -> move();
          case 1 -> replace();
          case 2 -> table.decide();
          case 3 -> restore();
          case 4 -> deletesFail = !deletesFail;
          case 5 -> {
            if (bursts) {
              burst();
            }
          }
          default -> delete(relay);
        }
      }
    }
  }

  /**
   * Faults stop: all that was committed is sent and deleted within 50 s, which is less than what
   * only the look from the start would find.
   */
  void settle() {
    settling = true;
    deletesFail = false;
    for (Open o : List.copyOf(open)) {
      end(o.row().aggregate(), true);
    }
    long until = clock + Duration.ofSeconds(50).toNanos();
    while (clock < until && !(table.rows.isEmpty() && idle())) {
      clock += 20 * MILLI;
      for (int relay = 0; relay < 2; relay++) {
        read(relay);
        send(relay);
        answer(relay, true);
        delete(relay);
      }
      table.decide();
    }
    check(table.rows.isEmpty(), "rows left in the table: " + table.rows.values());
    check(idle(), "something is on its way for ever");
    for (Aggregate aggregate : AGGREGATES) {
      long sent = queue.last(aggregate);
      long committed = sequences.getOrDefault(aggregate, 0L);
      check(sent == committed, aggregate + ": sent " + sent + " of " + committed);
    }
    for (ModelRelay relay : relays) {
      check(relay.backlog.isEmpty(), "memory is not given back: " + relay.backlog.summary());
    }
  }

  /** For a minute nothing happens: relays ask little, and pass over no rows. */
  void rest() {
    long asked = table.queries;
    long passed = table.rowsPassed;
    long until = clock + Duration.ofMinutes(1).toNanos();
    while (clock < until) {
      clock += 100 * MILLI;
      for (ModelRelay relay : relays) {
        try {
          relay.poll(table);
        } catch (SQLException e) {
          throw new IllegalStateException(e);
        }
      }
    }
    check(table.queries - asked <= 2 * 60 * 20, "questions while idle: " + (table.queries - asked));
    check(table.rowsPassed == passed, "rows passed while idle");
  }

  private boolean idle() {
    return relays.stream().allMatch(r -> r.underWay.isEmpty() && r.backlog.isEmpty());
  }
}
