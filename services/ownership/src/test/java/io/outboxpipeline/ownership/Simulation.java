package io.outboxpipeline.ownership;

import io.outboxpipeline.ownership.Command.Op;
import io.outboxpipeline.ownership.Input.Answer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One random schedule of the lease protocol, wholly determined by its seed: several members with
 * clocks of their own, a store and a fence behind a network that loses and delays, pauses, crashes,
 * restarts, joins, leaves, tampering, changes of the number of partitions, operators that come, go,
 * are doubled, or act on what they read long ago; then quiet, in which everything must come right.
 *
 * <p>Throws an {@link AssertionError} as soon as a rule is broken:
 *
 * <ul>
 *   <li>only who raised the fence to a grant's epoch starts that grant, and never twice;
 *   <li>of those who work on a partition, at most one has the fence's epoch;
 *   <li>a delete by a replaced owner never succeeds;
 *   <li>as long as clocks run, at different rates even, nobody starts a partition while another one
 *       may still send for any of its slots; so neither planned moves nor changes of the number of
 *       partitions ever overlap;
 *   <li>who left holds nothing;
 *   <li>a bounded time after the last fault each partition is owned by exactly one member that
 *       agrees with lease and fence, the balance is ≤ 1, the dead are cleared away, and from then
 *       on no lease is written and few calls are made.
 * </ul>
 */
final class Simulation {

  private static final long MS = 1_000_000;
  private static final long SECOND = 1_000 * MS;
  private static final LeaseTiming TIMING = LeaseTiming.DEFAULT;

  /** How long after the last fault all must be right: two deaths and a stalled target in a row. */
  private static final long SETTLE = 80 * SECOND;

  private static final long QUIET = 6 * SECOND;

  /**
   * How large a pipeline is.
   *
   * @param leastMembers how many start at least
   * @param mostMembers and at most
   * @param partitions at most
   */
  record Size(int leastMembers, int mostMembers, int partitions) {
    /** Small enough for thousands of schedules, large enough for every rule. */
    static final Size SMALL = new Size(3, 8, 8);

    /** As one that is used. */
    static final Size LARGE = new Size(10, 10, 64);
  }

  /** What may be counted of a run, to see that the schedules are not vacuous. */
  record Counts(
      long steps,
      long starts,
      long fencedOut,
      long seized,
      long drained,
      long laid,
      long assigned,
      long brief) {

    Counts plus(Counts o) {
      return new Counts(
          steps + o.steps,
          starts + o.starts,
          fencedOut + o.fencedOut,
          seized + o.seized,
          drained + o.drained,
          laid + o.laid,
          assigned + o.assigned,
          brief + o.brief);
    }
  }

  private record Scheduled(long at, long order, Runnable action) implements Comparable<Scheduled> {
    @Override
    public int compareTo(Scheduled o) {
      return at != o.at ? Long.compare(at, o.at) : Long.compare(order, o.order);
    }
  }

  private final long seed;
  private final Size size;
  private final Random random;
  private final PriorityQueue<Scheduled> agenda = new PriorityQueue<>();
  private final MemoryLeaseStore store = new MemoryLeaseStore();
  private final MemoryFence fence;
  private final Map<Grant, Relay> raisedBy = new HashMap<>();

  /** The newest grant of each slot. */
  private final Map<Integer, Grant> newest = new HashMap<>();

  /** Grants up to this epoch lost their lease to tampering: for them the fence alone vouches. */
  private final long[] tampered = new long[Partitions.MAX];

  private final List<Operator> operators = new ArrayList<>();

  private final List<Relay> processes = new ArrayList<>();
  private final Deque<String> log = new ArrayDeque<>();
  private final boolean keepLog;
  private final double lossy;
  private final int pollMillis;

  /** Whether the store reads little while the pipeline rests. */
  private final boolean resting;

  private final List<Snapshot> caches =
      new ArrayList<>(Collections.nCopies(2, new Snapshot(List.of(), List.of(), Optional.empty())));
  private long now;
  private long order;
  private long faultsEnd;
  private boolean faulty = true;
  private long outageUntil;
  private int names;
  private long calls;
  private long steps;
  private long starts;
  private long fencedOut;
  private long seized;
  private long drained;
  private long laid;
  private long assigned;
  private long brief;

  Simulation(long seed, boolean keepLog, Size size) {
    this.seed = seed;
    this.size = size;
    this.keepLog = keepLog;
    random = new Random(seed);
    int partitions = 1 + random.nextInt(size.partitions());
    fence = new MemoryFence(chance(0.5) ? partitions : 0);
    WantedPartitions.set(store, partitions);
    lossy = random.nextInt(3) * 0.1;
    pollMillis = chance(0.5) ? 50 : 200;
    resting = chance(0.5);
    if (resting) {
      remember(0);
      remember(1);
    }
  }

  /** Runs the schedule to its end. */
  Counts run() {
    try {
      int members =
          size.leastMembers() + random.nextInt(1 + size.mostMembers() - size.leastMembers());
      for (int i = 0; i < members; i++) {
        at(below(3 * SECOND), () -> start(newName()));
      }
      faultsEnd = 10 * SECOND + below(40 * SECOND);
      int faults = 1 + random.nextInt(8);
      for (int i = 0; i < faults; i++) {
        at(below(faultsEnd), this::fault);
      }
      for (int i = random.nextInt(3); i > 0; i--) {
        at(below(faultsEnd), this::repartition);
      }
      for (int i = random.nextInt(3); i > 0; i--) {
        at(below(faultsEnd), () -> operators.add(new Operator()));
      }
      runUntil(faultsEnd);
      calm();
      settle();
      if (keepLog) {
        System.out.println(tell());
      }
      return new Counts(steps, starts, fencedOut, seized, drained, laid, assigned, brief);
    } catch (RuntimeException | AssertionError e) {
      throw new AssertionError(
          "seed " + seed + " at " + now / MS + " ms: " + e.getMessage() + "\n" + tell(), e);
    }
  }

  // ---- time

  private void at(long when, Runnable action) {
    agenda.add(new Scheduled(Math.max(when, now), order++, action));
  }

  private void after(long delay, Runnable action) {
    at(now + delay, action);
  }

  private void runUntil(long end) {
    for (Scheduled next = agenda.peek(); next != null && next.at <= end; next = agenda.peek()) {
      agenda.remove();
      now = next.at;
      next.action.run();
    }
    now = end;
  }

  private long below(long bound) {
    return (long) (random.nextDouble() * bound);
  }

  private boolean chance(double p) {
    return random.nextDouble() < p;
  }

  // ---- faults

  private void fault() {
    List<Relay> alive = alive();
    if (alive.isEmpty()) {
      start(newName());
      return;
    }
    Relay victim = alive.get(random.nextInt(alive.size()));
    switch (random.nextInt(15)) {
      case 0, 1 -> victim.pause(below(40 * SECOND), true);
      case 2, 3 -> victim.pause(below(40 * SECOND), false);
      case 4, 5 -> {
        victim.isolatedUntil = now + below(30 * SECOND);
        say(victim + " isolated until " + victim.isolatedUntil / MS);
      }
      case 6 -> {
        victim.kill();
        if (chance(0.7)) {
          after(below(Math.min(5 * SECOND, faultsEnd - now)), () -> start(victim.id));
        }
      }
      case 7 -> start(victim.id); // while the old process still runs
      case 8 -> start(newName());
      case 9 -> victim.leave(5 * SECOND + below(25 * SECOND));
      case 10 -> tamper(victim);
      case 11 -> {
        victim.wallOffset += (chance(0.5) ? 1 : -1) * below(7200 * SECOND);
        say(victim + " wall clock jumped");
      }
      case 12 -> {
        victim.fenceCutUntil = now + below(60 * SECOND);
        say(victim + " cut off from the fence until " + victim.fenceCutUntil / MS);
      }
      case 13 -> {
        // The worst moment for a heartbeat to vanish.
        victim.isolatedUntil = now + below(30 * SECOND);
        store.heartbeat(victim.id).ifPresent(store::delete);
        say(victim + " isolated, heartbeat deleted, until " + victim.isolatedUntil / MS);
      }
      default -> {
        outageUntil = now + below(25 * SECOND);
        say("store away until " + outageUntil / MS);
      }
    }
  }

  private int partitions() {
    return store.snapshot().wanted().orElseThrow().count();
  }

  /** Wants another number, and perhaps soon changes its mind. */
  private void repartition() {
    int before = partitions();
    WantedPartitions.set(store, 1 + random.nextInt(size.partitions()));
    say(partitions() + " partitions are wanted");
    if (chance(0.4)) {
      for (int i = random.nextInt(4); i >= 0; i--) {
        at(
            Math.min(faultsEnd, now + below(10 * SECOND)),
            () -> {
              WantedPartitions.set(
                  store, chance(0.6) ? before : 1 + random.nextInt(size.partitions()));
              say(partitions() + " partitions are wanted");
            });
      }
    }
  }

  private void tamper(Relay victim) {
    int partition = random.nextInt(partitions());
    Optional<PartitionLease> lease = store.lease(partition);
    switch (random.nextInt(4)) {
      case 0 ->
          lease.ifPresent(
              l -> {
                store.delete(l);
                tampered[partition] = Math.max(tampered[partition], l.epoch());
                say("lease of " + partition + " deleted");
              });
      case 1 -> {
        for (PartitionLease l : store.snapshot().leases()) {
          store.delete(l);
          tampered[l.partition()] = Math.max(tampered[l.partition()], l.epoch());
        }
        say("all leases deleted");
      }
      case 2 ->
          store
              .heartbeat(victim.id)
              .ifPresent(
                  h -> {
                    store.delete(h);
                    say("heartbeat of " + victim + " deleted");
                  });
      default ->
          lease.ifPresent(
              l -> {
                store.write(l.to(Optional.of(victim.id)));
                say("target of " + partition + " set to " + victim);
              });
    }
  }

  private void calm() {
    say("no more faults");
    faulty = false;
    outageUntil = 0;
    for (Relay p : alive()) {
      p.isolatedUntil = 0;
      p.fenceCutUntil = 0;
      if (p.pausedUntil > now) {
        p.resume();
      }
    }
    if (alive().stream().allMatch(p -> p.leaving)) {
      start(newName());
    }
  }

  private void settle() {
    // What was read before the last fault may be acted upon until then.
    runUntil(now + 5 * SECOND);
    long end = now + SETTLE;
    String wrong = "not yet looked";
    while (now < end) {
      runUntil(now + SECOND);
      wrong = whatIsWrong();
      if (wrong.isEmpty()) {
        long writes = store.leaseWrites();
        long before = calls;
        runUntil(now + QUIET);
        check(whatIsWrong().isEmpty(), "was right, then: " + whatIsWrong());
        check(store.leaseWrites() == writes, "leases are written though nothing changes");
        // A renewal, a snapshot and a look at the fence per retry period, which a fast clock makes
        // a little shorter.
        long perMember = 3 * (QUIET / TIMING.retryPeriod().toNanos() + 1) + 2;
        check(calls - before <= perMember * alive().size(), "too many calls while idle");
        return;
      }
    }
    throw new AssertionError("not right in time: " + wrong);
  }

  private String whatIsWrong() {
    List<Relay> alive = alive();
    for (Relay p : alive) {
      if (p.leaving) {
        return p + " still leaves";
      }
      if (p.membership.status(p.moment().nanos()).moving() > 0) {
        return p + " is moving partitions";
      }
      Optional<Heartbeat> beat = store.heartbeat(p.id);
      if (p.unreliable() || beat.filter(h -> h.state() == Heartbeat.State.LIVE).isEmpty()) {
        return p + " has not yet renewed again: " + beat;
      }
    }
    var ids = alive.stream().map(p -> p.id).collect(Collectors.toSet());
    if (ids.size() < alive.size()) {
      return "two processes are one member";
    }
    Set<MemberId> beating =
        store.snapshot().heartbeats().stream().map(Heartbeat::member).collect(Collectors.toSet());
    if (!beating.equals(ids)) {
      return "heartbeats of " + beating + ", not of " + ids;
    }
    var owned = new TreeMap<MemberId, Integer>();
    ids.forEach(id -> owned.put(id, 0));
    if (fence.partitions() != partitions() || store.snapshot().leases().size() != partitions()) {
      return fence.partitions() + " partitions, not " + partitions();
    }
    for (int partition = 0; partition < partitions(); partition++) {
      int at = partition;
      List<Relay> workers =
          alive.stream().filter(p -> p.works.containsKey(at)).collect(Collectors.toList());
      if (workers.size() != 1) {
        return "partition " + partition + " is worked on by " + workers;
      }
      Relay owner = workers.getFirst();
      Grant grant = owner.work(partition).grant;
      Optional<PartitionLease> lease = store.lease(partition);
      if (owner.work(partition).draining
          || !fence.holds(grant)
          || lease.filter(l -> l.heldBy(owner.id) && l.epoch() == grant.epoch()).isEmpty()
          || !owner.maySend()) {
        return owner + " has " + grant + ", lease " + lease + ", fence " + fence.epoch(partition);
      }
      if (lease
          .flatMap(PartitionLease::target)
          .filter(t -> ids.contains(t) && !t.equals(owner.id))
          .isPresent()) {
        return "partition " + partition + " is about to move: " + lease;
      }
      owned.merge(owner.id, 1, Integer::sum);
    }
    int most = owned.values().stream().mapToInt(i -> i).max().orElse(0);
    int least = owned.values().stream().mapToInt(i -> i).min().orElse(0);
    return most - least <= 1 ? "" : "unbalanced: " + owned;
  }

  // ---- members

  private MemberId newName() {
    return new MemberId("m" + names++);
  }

  private List<Relay> alive() {
    return processes.stream().filter(p -> p.alive).collect(Collectors.toList());
  }

  private void start(MemberId id) {
    var process = new Relay(id, processes.size());
    processes.add(process);
    say(process + " starts");
    process.deliver(new Input.Tick());
  }

  private static final class Work {
    final Grant grant;
    boolean draining;

    Work(Grant grant) {
      this.grant = grant;
    }
  }

  private final class Relay {
    final MemberId id;
    final int number;
    final double rate = 0.9 + random.nextDouble() * 0.2;
    final long nanoBase = random.nextLong();
    final Membership membership;
    final RestingReads reads = new RestingReads(TIMING.leaseDuration());
    final Map<Integer, Work> works = new HashMap<>();
    final Deque<Input> held = new ArrayDeque<>();
    final long[] lastEpoch = new long[Partitions.MAX];
    boolean alive = true;
    boolean leaving;
    boolean superseded;
    long wallOffset;
    long stoodStill;
    long pausedUntil;
    long pausedAt;
    boolean clockStops;
    long thawedNanos;
    boolean everFroze;
    long isolatedUntil;
    long fenceCutUntil;
    long wakeAt = Long.MAX_VALUE;

    Relay(MemberId id, int number) {
      this.id = id;
      this.number = number;
      membership =
          new Membership(id, "i" + number, TIMING, Duration.ofMillis(pollMillis), moment());
    }

    Moment moment() {
      return new Moment(nanoBase + (long) ((now - stoodStill) * rate), (now + wallOffset) / MS);
    }

    Work work(int partition) {
      Work work = works.get(partition);
      if (work == null) {
        throw new AssertionError("no work on " + partition);
      }
      return work;
    }

    boolean paused() {
      return pausedUntil > now;
    }

    boolean maySend() {
      return membership.maySend(moment());
    }

    /**
     * Its clock stood still since it renewed last, or another process became this member: until it
     * finds out, the fence alone vouches.
     */
    boolean unreliable() {
      return superseded || (everFroze && membership.confirmedAt() - thawedNanos <= 0);
    }

    void deliver(Input event) {
      if (!alive) {
        return;
      }
      if (paused()) {
        held.add(event);
        return;
      }
      steps++;
      List<Command> commands = membership.step(event, moment());
      for (Command command : commands) {
        perform(command);
      }
      if (alive) {
        checkOverlap();
        scheduleWake();
      }
    }

    private void scheduleWake() {
      long nanos = membership.wakeAt() - moment().nanos();
      long wake = now + Math.max((long) (nanos / rate) + 1, 0);
      if (wakeAt <= now || wake < wakeAt) {
        wakeAt = wake;
        at(
            wake,
            () -> {
              if (wakeAt == wake && !paused()) {
                wakeAt = Long.MAX_VALUE;
                deliver(new Input.Tick());
              }
            });
      }
    }

    private void perform(Command command) {
      switch (command) {
        case Command.Call(long callId, Op op) -> call(this, callId, op);
        case Command.StartWork(Grant grant) -> {
          say(this + " starts " + grant);
          starts++;
          int partition = grant.partition();
          check(!works.containsKey(partition), this + " already works on " + partition);
          check(grant.epoch() > lastEpoch[partition], this + " starts an old epoch: " + grant);
          check(
              raisedBy.get(grant) == this,
              this + " starts " + grant + " but did not raise the fence to it");
          lastEpoch[partition] = grant.epoch();
          var work = new Work(grant);
          works.put(partition, work);
          long current =
              processes.stream()
                  .filter(p -> p.alive && p.works.containsKey(partition))
                  .filter(p -> fence.holds(p.work(partition).grant))
                  .count();
          check(current <= 1, "two have the fence's epoch of " + partition);
          after(below(SECOND), () -> send(this, work));
        }
        case Command.DrainWork(Grant grant) -> {
          say(this + " drains " + grant);
          drained++;
          work(grant.partition()).draining = true;
          long takes = chance(0.1) ? below(4 * SECOND) : below(200 * MS);
          after(takes, () -> drainedNow(grant));
        }
        case Command.AbandonWork(Grant grant) -> {
          say(this + " abandons " + grant);
          check(work(grant.partition()).grant.equals(grant), "abandons what it does not own");
          works.remove(grant.partition());
        }
        case Command.Finish(Ending ending) -> {
          say(this + " ends: " + ending);
          check(works.isEmpty(), "ended, but owns " + works.keySet());
          if (ending == Ending.LEFT) {
            check(
                store.snapshot().leases().stream()
                    .noneMatch(
                        l ->
                            l.heldBy(id)
                                && l.partition() < fence.partitions()
                                && l.epoch() == fence.epoch(l.partition())
                                && newestHolder(l.partition()) == this),
                "left, but holds a lease");
          }
          kill();
        }
      }
    }

    private void drainedNow(Grant grant) {
      if (!alive) {
        return;
      }
      if (paused()) {
        at(pausedUntil, () -> drainedNow(grant));
        return;
      }
      Work work = works.get(grant.partition());
      if (work != null && work.grant.equals(grant)) {
        works.remove(grant.partition());
      }
      deliver(new Input.Drained(grant));
    }

    private void checkOverlap() {
      if (works.isEmpty() || unreliable() || !maySend()) {
        return;
      }
      for (Relay other : processes) {
        if (other == this || !other.alive || other.paused() || other.works.isEmpty()) {
          continue;
        }
        if (other.unreliable() || !other.maySend()) {
          continue;
        }
        for (Work ours : works.values()) {
          for (Work theirs : other.works.values()) {
            check(
                !overlap(ours.grant, theirs.grant),
                this
                    + " may send for "
                    + ours.grant
                    + ", and so may "
                    + other
                    + " for "
                    + theirs.grant);
          }
        }
      }
    }

    private boolean overlap(Grant a, Grant b) {
      return a.slots().first() <= b.slots().last()
          && b.slots().first() <= a.slots().last()
          && a.epoch() > tampered[a.partition()]
          && b.epoch() > tampered[b.partition()];
    }

    void pause(long length, boolean clockStops) {
      if (paused()) {
        return;
      }
      say(this + " paused for " + length / MS + (clockStops ? ", clock too" : ""));
      this.clockStops = clockStops;
      pausedAt = now;
      pausedUntil = now + length;
      long until = pausedUntil;
      at(
          until,
          () -> {
            if (pausedUntil == until) {
              resume();
            }
          });
    }

    void resume() {
      if (!alive) {
        return;
      }
      say(this + " goes on");
      pausedUntil = now;
      if (clockStops) {
        stoodStill += now - pausedAt;
        everFroze = true;
        thawedNanos = moment().nanos();
      }
      wakeAt = Long.MAX_VALUE;
      for (Input e = held.poll(); e != null; e = held.poll()) {
        deliver(e);
      }
      deliver(new Input.Tick());
    }

    void leave(long timeout) {
      say(this + " leaves");
      leaving = true;
      deliver(new Input.Leave(timeout / 4));
      after(timeout, this::kill);
    }

    void kill() {
      if (alive) {
        say(this + " is gone");
      }
      alive = false;
      works.clear();
    }

    @Override
    public String toString() {
      return id + "/" + number;
    }
  }

  // ---- the relay's part

  /** Sends one batch if it may, and deletes it. */
  private void send(Relay process, Work work) {
    Grant grant = work.grant;
    if (!process.alive || process.works.get(grant.partition()) != work || work.draining) {
      return;
    }
    if (process.paused()) {
      at(process.pausedUntil, () -> send(process, work));
      return;
    }
    if (process.maySend()) {
      after(latency(), () -> delete(process, grant));
    }
    after(500 * MS + below(SECOND), () -> send(process, work));
  }

  private void delete(Relay process, Grant grant) {
    if (fence.holds(grant)) {
      check(
          raisedBy.get(grant) == process
              && grant.equals(newest.get(grant.slots().first()))
              && grant.equals(newest.get(grant.slots().last())),
          process + " deletes for " + grant + " though replaced");
    } else {
      fencedOut++;
      after(latency(), () -> process.deliver(new Input.FencedOut(grant)));
    }
  }

  // ---- the network, the store, the fence

  private long latency() {
    return faulty && chance(0.02) ? below(5 * SECOND) : MS + below(15 * MS);
  }

  private void call(Relay caller, long id, Op op) {
    calls++;
    if (isWrite(op, caller)) {
      caller.reads.wrote();
      // Known to be over, if by a time-out, as far as the caller is concerned.
      after(latency(), caller.reads::wrote);
    }
    boolean cut =
        caller.isolatedUntil > now
            || outageUntil > now
            || (isOfFence(op) && caller.fenceCutUntil > now);
    if (cut || (faulty && chance(lossy))) {
      switch (random.nextInt(cut ? 2 : 4)) {
        case 0 -> {} // the request is lost
        case 1, 2 -> after(latency(), () -> execute(op, caller)); // the answer is lost
        default -> {
          // The request arrives when nobody expects it any more.
          long arrives = below(Math.max(Math.min(20 * SECOND, faultsEnd - now), 1));
          after(arrives, () -> execute(op, caller));
        }
      }
      if (chance(0.7)) {
        after(latency(), () -> caller.deliver(new Input.Answered(id, new Answer.Unknown())));
      }
      return;
    }
    if (op instanceof Op.ReadSnapshot && resting) {
      read(caller, id);
    } else if (op instanceof Op.ReadSnapshot) {
      after(
          latency(),
          () -> {
            Snapshot first = store.snapshot();
            after(
                latency(),
                () -> {
                  var snapshot =
                      new Snapshot(first.leases(), store.snapshot().heartbeats(), first.wanted());
                  answer(caller, id, new Answer.Read(snapshot));
                });
          });
    } else {
      after(latency(), () -> answer(caller, id, execute(op, caller)));
    }
  }

  /** As a store does whose reads are brief while the pipeline rests. */
  private void read(Relay caller, long id) {
    RestingReads.Ticket ticket = caller.reads.begin(caller.moment().nanos());
    after(
        latency(),
        () -> {
          Snapshot read =
              ticket.brief() ? caches.get(random.nextInt(caches.size())) : store.snapshot();
          after(
              latency(),
              () -> {
                long nanos = caller.moment().nanos();
                Optional<Snapshot> taken =
                    ticket.brief()
                        ? caller.reads.brief(ticket, read, nanos)
                        : Optional.of(caller.reads.all(ticket, read, nanos));
                brief += ticket.brief() && taken.isPresent() ? 1 : 0;
                taken.ifPresentOrElse(
                    s -> caller.deliver(new Input.Answered(id, new Answer.Read(s))),
                    () -> read(caller, id));
              });
        });
  }

  /** What a server remembers of heartbeats, late at times, and each server by itself. */
  private void remember(int server) {
    caches.set(
        server, new Snapshot(List.of(), store.snapshot().heartbeats(), store.snapshot().wanted()));
    after(faulty && chance(0.02) ? below(20 * SECOND) : below(300 * MS), () -> remember(server));
  }

  private static boolean isWrite(Op op, Relay caller) {
    return switch (op) {
      case Op.WriteHeartbeat(Heartbeat h) ->
          !h.member().equals(caller.id) || h.state() != Heartbeat.State.LIVE;
      case Op.WriteLease _, Op.DeleteLease _, Op.DeleteHeartbeat _ -> true;
      case Op.ReadSnapshot(), Op.ReadHeartbeat _, Op.ReadLayout(), Op.LayFence _, Op.RaiseFence _ ->
          false;
    };
  }

  private static boolean isOfFence(Op op) {
    return op instanceof Op.RaiseFence || op instanceof Op.ReadLayout || op instanceof Op.LayFence;
  }

  private void answer(Relay caller, long id, Answer answer) {
    after(latency(), () -> caller.deliver(new Input.Answered(id, answer)));
  }

  private Answer execute(Op op, Relay caller) {
    return switch (op) {
      case Op.ReadSnapshot() -> new Answer.Read(store.snapshot());
      case Op.ReadHeartbeat(MemberId member) -> new Answer.Found(store.heartbeat(member));
      case Op.WriteHeartbeat(Heartbeat next) -> {
        CasOutcome outcome = store.write(next);
        if (next.member().equals(caller.id) && outcome instanceof CasOutcome.Written) {
          processes.stream()
              .filter(p -> p.id.equals(caller.id))
              .forEach(p -> p.superseded = p != caller);
        }
        if (next.state() == Heartbeat.State.SEIZED && outcome instanceof CasOutcome.Written) {
          say(next.member() + " seized by " + caller);
          seized++;
        }
        yield new Answer.Cas(outcome);
      }
      case Op.DeleteHeartbeat(Heartbeat stored) -> new Answer.Cas(store.delete(stored));
      case Op.WriteLease(PartitionLease next) -> {
        CasOutcome outcome = store.write(next);
        if (keepLog) {
          say(caller + " writes " + next + ": " + outcome);
        }
        yield new Answer.Cas(outcome);
      }
      case Op.DeleteLease(PartitionLease stored) -> new Answer.Cas(store.delete(stored));
      case Op.ReadLayout() -> new Answer.Cut(fence.layout());
      case Op.LayFence(Layout seen, int count) -> {
        boolean done = fence.lay(seen, count);
        if (done) {
          newest.clear();
          laid += seen.partitions() == 0 ? 0 : 1;
        }
        say(caller + " lays " + count + " for " + seen + ": " + done);
        yield new Answer.Laid(done);
      }
      case Op.RaiseFence(MemberId owner, Grant grant) -> {
        RaiseOutcome outcome = fence.raise(owner, grant);
        if (outcome instanceof RaiseOutcome.Raised) {
          raisedBy.put(grant, caller);
          for (int slot = grant.slots().first(); slot <= grant.slots().last(); slot++) {
            newest.put(slot, grant);
          }
        }
        yield new Answer.Raise(outcome);
      }
    };
  }

  private @Nullable Relay newestHolder(int partition) {
    Grant grant = newest.get(Partitions.range(partition, fence.partitions()).first());
    return grant == null ? null : raisedBy.get(grant);
  }

  // ---- the operator's part

  /** Names targets, with a clock of its own, and perhaps for what it read long ago. */
  private final class Operator {
    final double rate = 0.9 + random.nextDouble() * 0.2;
    long stoodStill;
    final Assigner assigner = new Assigner(TIMING, () -> (long) ((now - stoodStill) * rate));
    final long endsAt = chance(0.3) ? Long.MAX_VALUE : now + below(60 * SECOND);

    Operator() {
      say("an operator comes");
      run();
    }

    private void run() {
      if (now >= endsAt) {
        return;
      }
      if (outageUntil <= now) {
        Snapshot snapshot = store.snapshot();
        after(
            staleness(),
            () -> {
              for (PartitionLease target : assigner.plan(snapshot).targets()) {
                after(staleness(), () -> write(target));
              }
            });
      }
      if (faulty && chance(0.05)) {
        long pause = below(30 * SECOND);
        stoodStill += chance(0.5) ? pause : 0;
        after(pause, this::run);
      } else {
        after(2 * SECOND, this::run);
      }
    }

    private long staleness() {
      return faulty && chance(0.1) ? below(Math.clamp(faultsEnd - now, 1, 20 * SECOND)) : latency();
    }

    private void write(PartitionLease target) {
      CasOutcome outcome = store.write(target);
      say("an operator writes " + target + ": " + outcome);
      if (outcome instanceof CasOutcome.Written) {
        assigned++;
      }
    }
  }

  // ---- telling

  private static void check(boolean holds, String otherwise) {
    if (!holds) {
      throw new AssertionError(otherwise);
    }
  }

  private void say(String what) {
    if (keepLog) {
      log.add(now / MS + " " + what);
    }
  }

  private String tell() {
    var told = new StringBuilder(String.join("\n", log));
    told.append("\nheartbeats ");
    store.snapshot().heartbeats().forEach(h -> told.append("\n  ").append(h));
    told.append("\nleases");
    store.snapshot().leases().forEach(l -> told.append("\n  ").append(l));
    var gone = new HashSet<Relay>(processes);
    for (Relay p : processes) {
      if (p.alive) {
        gone.remove(p);
        told.append("\n").append(p).append(" works on ").append(p.works.keySet());
      }
    }
    return told.append("\ngone: ").append(gone).toString();
  }
}
