package io.outboxpipeline.relay.source.dynamodb;

import io.outboxpipeline.dynamodb.OutboxAttributes;
import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.ownership.Grant;
import io.outboxpipeline.ownership.SlotRange;
import io.outboxpipeline.relay.backlog.Limits;
import io.outboxpipeline.relay.backlog.Message;
import io.outboxpipeline.relay.quarantine.Quarantine;
import io.outboxpipeline.relay.source.Source;
import io.outboxpipeline.relay.source.StoredEvent;
import io.outboxpipeline.relay.source.dynamodb.ModelTable.Fault;
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
 * Relays, writers, people, a table and an SQS that do what they like, in one thread and after a
 * seed. Of the relays all is real but threads, clock and leases.
 */
final class RelaySimulation {
  /** All is sent and taken out so long after faults stop: two of the longest pauses, and some. */
  static final Duration BOUND = Duration.ofSeconds(60);

  private static final Limits.Request REQUEST = new Limits.Request(10, 3000, 4000, 100);
  private static final List<Fault> FAULTS =
      List.of(Fault.THROTTLE, Fault.CONFLICT, Fault.DENY, Fault.DROP_BEFORE, Fault.DROP_AFTER);

  private static final long MILLI = 1_000_000;

  /** Some aggregates in the slots of both partitions. */
  static final List<Aggregate> AGGREGATES =
      IntStream.iterate(0, n -> n + 1)
          .mapToObj(n -> new Aggregate("test", "a" + n))
          .filter(a -> a.slot() % 32 == 0)
          .limit(8)
          .toList();

  private static final List<SlotRange> PARTITIONS =
      List.of(new SlotRange(0, 127), new SlotRange(128, 255));

  /** A relay that does not know yet that it was replaced. */
  private record Stale(int relay, Grant grant) {}

  private final Random random;
  private final List<String> trace = new ArrayList<>();
  private final Written written = new Written();
  private final ModelTable table;
  private final Writers writers;
  private final Quarantine quarantine;
  private final List<ModelRelay> relays = new ArrayList<>();
  private final List<Stale> stale = new ArrayList<>();
  private final Map<String, Integer> received = new HashMap<>();

  /** Events that SQS refuses until somebody mends them. */
  private final Set<String> refused = new HashSet<>();

  private final Set<String> seen = new HashSet<>();
  private final long[] asleepUntil = new long[2];

  /** By partition: who owns it, with which grant. */
  private final int[] owner = new int[2];

  private final Grant[] grants = new Grant[2];
  private final boolean[] draining = new boolean[2];
  private final boolean[] givenUp = new boolean[2];
  private final long[] epochs = new long[2];
  private int faults;
  private boolean replaced;
  private long clock = 1;

  RelaySimulation(long seed) {
    random = new Random(seed);
    faults = random.nextInt(3) * 10;
    table = new ModelTable(random, this::luck, written::changed);
    writers = new Writers(table, written, random, () -> clock, this::log);
    quarantine = new DynamoDbQuarantine(table, ModelTable.NAME, OutboxAttributes.INDEX, "relays");
    for (int i = 0; i < 2; i++) {
      relays.add(relay(i));
    }
    grant(0, 0);
    grant(1, 1);
  }

  private ModelRelay relay(int me) {
    return new ModelRelay(
        table,
        random,
        () -> clock,
        partition -> epochs[partition],
        new Source.Listener() {
          @Override
          public void drained(Grant grant) {
            RelaySimulation.this.drained(me, grant);
          }

          @Override
          public void fencedOut(Grant grant) {
            log("relay " + me + " is told that it was replaced: " + grant);
            check(epochs[grant.partition()] > grant.epoch(), "fenced out of what it owns");
            relays.get(me).backlog.forget(grant);
          }
        });
  }

  private Fault luck() {
    if (random.nextInt(100) >= faults) {
      return Fault.NONE;
    }
    return FAULTS.get(random.nextInt(FAULTS.size()));
  }

  /** What happened, for a person who looks for why. */
  List<String> trace() {
    return trace;
  }

  private void log(String what) {
    trace.add(clock / MILLI + " ms: " + what);
  }

  private static void check(boolean holds, String what) {
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
    stale.removeIf(s -> s.relay == relay && s.grant.partition() == partition);
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
      int relay = owner[partition];
      Grant grant = grants[partition];
      log("relay " + relay + " drains " + grant);
      if (!relays.get(relay).drain(grant)) {
        drained(relay, grant);
      }
    } else {
      log("relay " + owner[partition] + " gives up " + grants[partition]);
      replaced = true;
      givenUp[partition] = true;
      relays.get(owner[partition]).giveUp(grants[partition]);
    }
  }

  /** As when a member is taken for dead: it learns of it before, after, or much later. */
  private void replace() {
    int partition = random.nextInt(2);
    int before = owner[partition];
    Grant old = grants[partition];
    replaced = true;
    switch (random.nextInt(3)) {
      case 0 -> {
        relays.get(before).abandon(old);
        grant(partition, 1 - before);
      }
      case 1 -> {
        grant(partition, 1 - before);
        relays.get(before).abandon(old);
      }
      default -> {
        grant(partition, 1 - before);
        stale.add(new Stale(before, old));
      }
    }
  }

  private void learn() {
    if (!stale.isEmpty()) {
      Stale s = stale.remove(random.nextInt(stale.size()));
      relays.get(s.relay).abandon(s.grant);
    }
  }

  /** A relay is killed, with what is on its way arriving or not, and comes back. */
  private void kill() {
    int me = random.nextInt(2);
    log("relay " + me + " is killed");
    replaced = true;
    ModelRelay killed = relays.get(me);
    killed.calls.stream().filter(c -> random.nextBoolean()).toList().forEach(Runnable::run);
    killed.underWay.stream()
        .flatMap(List::stream)
        .filter(m -> random.nextBoolean() && m.events().stream().noneMatch(this::isRefused))
        .forEach(this::receive);
    relays.set(me, relay(me));
    stale.removeIf(s -> s.relay == me);
    for (int partition = 0; partition < 2; partition++) {
      if (owner[partition] == me) {
        grant(partition, random.nextInt(2));
      }
    }
  }

  // ---- the relays' work ----

  private void turn(int relay) {
    if (clock >= asleepUntil[relay]) {
      ModelRelay r = relays.get(relay);
      r.loop.turn();
      long rows = r.backlog.summary().rows();
      check(rows <= ModelRelay.SMALL.rows() + AGGREGATES.size() * 5, "rows in memory: " + rows);
    }
  }

  /** Some turns, and most of what they ask for. */
  private void work(int relay) {
    for (int n = random.nextInt(3); n >= 0; n--) {
      turn(relay);
      while (random.nextInt(12) > 0 && call(relay)) {}
    }
  }

  private boolean call(int relay) {
    List<Runnable> calls = relays.get(relay).calls;
    boolean any = !calls.isEmpty() && clock >= asleepUntil[relay];
    if (any) {
      calls.remove(random.nextInt(calls.size())).run();
    }
    return any;
  }

  private void send(int relay) {
    ModelRelay r = relays.get(relay);
    if (!r.source.records() || clock < asleepUntil[relay]) {
      return;
    }
    List<Message> request;
    try {
      request = r.backlog.take(clock, 0, REQUEST);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    if (request.isEmpty()) {
      return;
    }
    for (Message m : request) {
      check(
          r.underWay.stream()
              .flatMap(List::stream)
              .noneMatch(o -> o.aggregate().equals(m.aggregate()) && o.epoch() == m.epoch()),
          "two messages on their way: " + m.aggregate());
    }
    r.underWay.add(request);
  }

  private boolean isRefused(StoredEvent event) {
    if (seen.add(event.eventId()) && random.nextInt(40) == 0) {
      refused.add(event.eventId());
    }
    return refused.contains(event.eventId());
  }

  private void answer(int relay, boolean well) {
    ModelRelay r = relays.get(relay);
    if (r.underWay.isEmpty()) {
      return;
    }
    List<Message> request = r.underWay.remove(random.nextInt(r.underWay.size()));
    for (Message message : request) {
      int luck = well ? 9 : random.nextInt(10);
      if (message.events().stream().anyMatch(this::isRefused)) {
        r.backlog.refused(message, "SQS does not take it");
        continue;
      }
      if (luck > 0) {
        receive(message);
      }
      if (luck <= 1) {
        // Not arrived, or the answer is lost.
        replaced = true;
        r.backlog.failed(message, clock + MILLI * random.nextInt(50));
      } else {
        message.events().forEach(e -> written.acknowledged(e.eventId()));
        r.backlog.acknowledged(message);
      }
    }
  }

  private void receive(Message message) {
    String key = message.aggregate().id();
    List<String> ids = written.of(key);
    int last = received.getOrDefault(key, 0);
    for (StoredEvent e : message.events()) {
      int n = (int) e.sequence();
      check(n <= ids.size(), "event " + n + " of " + key + " was never written");
      check(ids.get(n - 1).equals(e.eventId()), "event " + n + " of " + key + " is another one");
      check(n <= last + 1, "event " + n + " of " + key + " overtook " + (last + 1));
      check(replaced || n == last + 1, "event " + n + " of " + key + " was sent twice");
      check(
          e.body().contains("\"sequence\":\"" + "0".repeat(20 - String.valueOf(n).length()) + n),
          "event " + n + " of " + key + " has another number in it: " + e.body());
      last = Math.max(last, n);
    }
    received.put(key, last);
    log("SQS has " + key + " up to " + last);
  }

  /** A person looks at what is held: it is mended and goes again, goes as it is, or never. */
  private void decide() {
    int before = faults;
    faults = 0;
    try {
      for (Quarantine.Entry held : quarantine.list(100)) {
        if (before == 0 || random.nextInt(3) > 0) {
          refused.remove(held.eventId());
        }
        boolean discard = held.reason().startsWith("too large") || random.nextBoolean();
        log((discard ? "discards " : "retries ") + held.eventId());
        check(
            discard ? quarantine.discard(held.eventId()) : quarantine.retry(held.eventId()),
            "what was listed is not held");
        if (discard) {
          refused.remove(held.eventId());
        }
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
    faults = before;
  }

  void step() {
    clock += MILLI * (random.nextInt(200) == 0 ? 5_000 : random.nextInt(40));
    int relay = random.nextInt(2);
    switch (random.nextInt(24)) {
      case 0, 1, 2 -> writers.begin();
      case 3 -> writers.again();
      case 4, 5, 6, 7, 8, 9 -> work(relay);
      case 10 -> turn(relay);
      case 11, 12 -> call(relay);
      case 13, 14, 15 -> send(relay);
      case 16, 17, 18 -> answer(relay, false);
      case 19, 20, 21 -> {
        for (int n = random.nextInt(6); n >= 0; n--) {
          table.catchUp();
        }
      }
      default -> {
        switch (random.nextInt(14)) {
          case 0, 1 -> move();
          case 2 -> replace();
          case 3 -> learn();
          case 4 -> decide();
          case 5 -> kill();
          case 6 -> asleepUntil[relay] = clock + MILLI * random.nextInt(3_000);
          case 7 -> faults = random.nextInt(4) * 10;
          default -> turn(relay);
        }
      }
    }
  }

  /** Faults stop: all that was written is sent and taken out within the bound. */
  void settle() {
    faults = 0;
    while (!stale.isEmpty()) {
      learn();
    }
    writers.end();
    int rounds = 0;
    long begin = clock;
    while (clock - begin < BOUND.toNanos() && !done()) {
      clock += 20 * MILLI;
      table.catchUp();
      table.catchUp();
      for (int relay = 0; relay < 2; relay++) {
        asleepUntil[relay] = 0;
        turn(relay);
        while (call(relay)) {}
        turn(relay);
        send(relay);
        answer(relay, true);
      }
      writers.end();
      if (++rounds % 20 == 0) {
        decide();
      }
    }
    for (ModelRelay r : relays) {
      log("in the end: " + r.backlog.summary() + ", " + r.source.standing());
    }
    check(writers.rest(), "writers never end");
    for (Aggregate aggregate : AGGREGATES) {
      int sent = received.getOrDefault(aggregate.id(), 0);
      int committed = written.of(aggregate.id()).size();
      check(sent == committed, aggregate + ": sent " + sent + " of " + committed);
    }
    check(isEmpty(), "events left in the table: " + table.items);
    check(done(), "something is on its way for ever");
  }

  /**
   * For a minute nothing happens: an idle relay asks each of its parts of the index twice a second.
   */
  void rest() {
    idle(2);
    long before = table.calls;
    idle(60);
    long asked = table.calls - before;
    check(asked <= 16 * (2 * 60 + 1), "calls while idle: " + asked);
  }

  private void idle(int seconds) {
    for (long end = clock + Duration.ofSeconds(seconds).toNanos(); clock < end; ) {
      clock += 25 * MILLI;
      for (int relay = 0; relay < 2; relay++) {
        turn(relay);
        while (call(relay)) {}
      }
    }
  }

  private boolean isEmpty() {
    return table.items.values().stream().noneMatch(i -> i.containsKey(OutboxAttributes.EVENTS));
  }

  private boolean done() {
    return writers.rest()
        && isEmpty()
        && !table.lags()
        && relays.stream().allMatch(ModelRelay::rests);
  }
}
