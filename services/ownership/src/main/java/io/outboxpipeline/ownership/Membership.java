package io.outboxpipeline.ownership;

import io.outboxpipeline.ownership.Calls.Waiting;
import io.outboxpipeline.ownership.Command.Op;
import io.outboxpipeline.ownership.Event.Answer;
import io.outboxpipeline.ownership.Heartbeat.State;
import io.outboxpipeline.ownership.Holding.Allowed;
import io.outboxpipeline.ownership.Liveness.Standing;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * The lease protocol of one member, as a state machine: events in, commands out. No threads, no
 * clocks, no calls of its own; not safe for use by several threads.
 *
 * <p>The README tells the protocol and why it is so.
 */
final class Membership {

  /** While a partition is on its way here, the leases are read so often. */
  private static final long POLL_NANOS = 50_000_000;

  private final MemberId self;
  private final int partitions;
  private final long leaseDuration;
  private final long retryPeriod;
  private final long longestJump;
  private final Calls calls;
  private final Renewal renewal;
  private final Liveness liveness;
  private final List<Holding> holdings = new ArrayList<>();

  /** Heartbeats of the dead that are being seized or deleted. */
  private final Set<MemberId> clearing = new HashSet<>();

  /** Since when a lease, in this version, waits for this member as its target. */
  private Map<Version, Long> expected = Map.of();

  private Moment last;
  private long snapshotAt;
  private long snapshotCall;
  private boolean leaving;
  private boolean deleting;
  private long notice;
  private Optional<Ending> ending = Optional.empty();
  private Set<MemberId> liveMembers = Set.of();
  private int unowned;

  Membership(MemberId self, String incarnation, int partitions, LeaseTiming timing, Moment now) {
    this.self = self;
    this.partitions = partitions;
    leaseDuration = timing.leaseDuration().toNanos();
    retryPeriod = timing.retryPeriod().toNanos();
    longestJump = (leaseDuration - timing.renewDeadline().toNanos()) / 1_000_000;
    calls = new Calls(callTimeoutNanos());
    renewal = new Renewal(self, incarnation, timing, calls, now.nanos());
    liveness = new Liveness(leaseDuration, timing.renewDeadline().toNanos());
    for (int p = 0; p < partitions; p++) {
      holdings.add(new Holding(self, p, Partitions.range(p, partitions), leaseDuration, calls));
    }
    // Long enough for every other member to have read the leases once more.
    notice = retryPeriod + retryPeriod / 4;
    last = now;
    snapshotAt = now.nanos();
    unowned = partitions;
  }

  /** Takes one event and says what to do now, in this order. */
  List<Command> step(Event event, Moment now) {
    if (ending.isPresent()) {
      return List.of();
    }
    checkWall(now);
    long nanos = now.nanos();
    switch (event) {
      case Event.Tick() -> {}
      case Event.Answered(long id, Answer answer) ->
          calls.answered(id).ifPresent(call -> answered(call, answer, nanos));
      case Event.Drained(Grant grant) -> holdings.get(grant.partition()).drained(grant, nanos);
      case Event.FencedOut(Grant grant) -> {
        if (holdings.get(grant.partition()).fencedOut(grant)) {
          snapshotBy(nanos + POLL_NANOS);
        }
      }
      case Event.Leave(long maxNotice) -> {
        if (!leaving) {
          leaving = true;
          notice = Math.min(notice, maxNotice);
          renewal.leaving(nanos);
          snapshotBy(nanos);
        }
      }
      case Event.Stop(Ending how) -> end(how);
    }
    for (Optional<Waiting> call = calls.overdue(nanos);
        call.isPresent();
        call = calls.overdue(nanos)) {
      answered(call.get(), new Answer.Unknown(), nanos);
    }
    if (ending.isEmpty()) {
      advance(nanos);
    }
    return calls.take();
  }

  private void advance(long now) {
    holdings.forEach(h -> h.advance(now));
    if (leaving && !deleting && !renewal.joined()) {
      delete(now);
    }
    renewal.advance(now);
    if (renewal.joined() && snapshotCall == 0 && now - snapshotAt >= 0) {
      snapshotCall = calls.issue(new Op.ReadSnapshot(), now);
      snapshotAt = now + retryPeriod;
    }
  }

  /** When to step next if nothing else happens. */
  long wakeAt() {
    long wake = last.nanos() + retryPeriod;
    wake = earlier(wake, renewal.wakeAt(wake));
    wake = earlier(wake, calls.nextDeadline(wake));
    if (renewal.joined() && snapshotCall == 0) {
      wake = earlier(wake, snapshotAt);
    }
    for (Holding h : holdings) {
      wake = earlier(wake, h.wakeAt(wake));
    }
    return wake;
  }

  private static long earlier(long a, long b) {
    return a - b <= 0 ? a : b;
  }

  /** A wall clock far ahead of the other one: this machine was suspended, perhaps. */
  private void checkWall(Moment now) {
    if (jumped(last, now, longestJump)) {
      renewal.fence(now.nanos());
    }
    last = now;
  }

  /** How far the wall clock may run ahead of the other one before it means something. */
  long longestJumpMillis() {
    return longestJump;
  }

  /** After so long without an answer a call counts as lost. */
  long callTimeoutNanos() {
    return 2 * retryPeriod;
  }

  static boolean jumped(Moment from, Moment to, long longestMillis) {
    return (to.wallMillis() - from.wallMillis()) - (to.nanos() - from.nanos()) / 1_000_000
        > longestMillis;
  }

  private void answered(Waiting call, Answer answer, long now) {
    if (renewal.awaits(call.id())) {
      switch (renewal.answered(call.op(), answer, now)) {
        case NOTHING -> {}
        case LOST -> holdings.forEach(Holding::abandon);
        case SUPERSEDED -> end(Ending.SUPERSEDED);
        case DELETED -> end(Ending.LEFT);
      }
      return;
    }
    switch (call.op()) {
      case Op.ReadSnapshot() -> {
        snapshotCall = 0;
        if (answer instanceof Answer.Read(Snapshot snapshot)) {
          observe(snapshot, call.id(), now);
        }
      }
      case Op.WriteHeartbeat(Heartbeat next) -> cleared(next.member(), answer, now);
      case Op.DeleteHeartbeat(Heartbeat stored) -> cleared(stored.member(), answer, now);
      case Op.WriteLease(PartitionLease next) -> {
        Holding holding = holdings.get(next.partition());
        if (holding.awaits(call.id()) && holding.written(answer, allowed(now), now)) {
          snapshotBy(now + POLL_NANOS);
        }
        snapshotWhenEmpty(answer, now);
      }
      case Op.RaiseFence(_, Grant grant) -> {
        Holding holding = holdings.get(grant.partition());
        if (holding.awaits(call.id()) && holding.raised(answer, allowed(now), now)) {
          end(Ending.REPARTITIONED);
        }
        snapshotWhenEmpty(answer, now);
      }
      case Op.ReadHeartbeat _ -> {} // of a renewal that is over
    }
  }

  private void cleared(MemberId member, Answer answer, long now) {
    clearing.remove(member);
    if (answer instanceof Answer.Cas(CasOutcome.Written _)) {
      snapshotBy(now);
    }
  }

  private void snapshotWhenEmpty(Answer answer, long now) {
    if (leaving
        && !(answer instanceof Answer.Unknown)
        && holdings.stream().allMatch(Holding::idle)) {
      snapshotBy(now);
    }
  }

  private void snapshotBy(long nanos) {
    snapshotAt = earlier(snapshotAt, nanos);
  }

  private Allowed allowed(long now) {
    return new Allowed(renewal.maySend(now) && !leaving, leaving, notice);
  }

  private void observe(Snapshot snapshot, long readBy, long now) {
    liveness.observe(snapshot, now);
    Function<MemberId, Standing> standings = m -> liveness.standing(m, now);
    liveMembers = live(standings);
    Optional<Heartbeat> own =
        snapshot.heartbeats().stream().filter(h -> h.member().equals(self)).findFirst();
    if (deleting || !renewal.vouchedFor(own, now) || !renewal.maySend(now)) {
      return;
    }
    var leases = new HashMap<Integer, PartitionLease>();
    for (PartitionLease lease : snapshot.leases()) {
      if (lease.partition() < partitions) {
        leases.put(lease.partition(), lease);
      }
    }
    var accepting = new HashSet<MemberId>();
    for (MemberId m : liveMembers) {
      if (standings.apply(m) == Standing.ACCEPTING) {
        accepting.add(m);
      }
    }
    accepting.remove(self);
    if (!leaving) {
      accepting.add(self);
    }
    clearDead(snapshot, leases, standings, now);

    var view = new View(self, leases, partitions, accepting, standings);
    Allowed allowed = allowed(now);
    var expectedNow = new HashMap<Version, Long>();
    unowned = 0;
    for (int p = 0; p < partitions; p++) {
      PartitionLease lease = leases.getOrDefault(p, PartitionLease.absent(p));
      holdings.get(p).observe(lease, view, allowed, readBy, now);
      if (view.isFree(lease)) {
        unowned++;
      }
      if (lease.target().filter(view::isSelf).isPresent() && !lease.heldBy(self)) {
        expectedNow.put(lease.version(), expected.getOrDefault(lease.version(), now));
      }
    }
    expected = expectedNow;
    if (expected.values().stream().anyMatch(since -> now - since < leaseDuration)) {
      snapshotBy(now + POLL_NANOS);
    }
    if (leaving
        && holdings.stream().allMatch(Holding::idle)
        && leases.values().stream().noneMatch(l -> l.heldBy(self))) {
      delete(now);
      renewal.advance(now);
    }
  }

  private void delete(long now) {
    deleting = true;
    renewal.delete(now);
  }

  private Set<MemberId> live(Function<MemberId, Standing> standings) {
    var live = new TreeSet<MemberId>();
    for (MemberId m : liveness.members()) {
      Standing standing = standings.apply(m);
      if (standing == Standing.ACCEPTING || standing == Standing.LEAVING) {
        live.add(m);
      }
    }
    return live;
  }

  /** Seizes the heartbeats of the dead, and deletes them when they hold nothing more. */
  private void clearDead(
      Snapshot snapshot,
      Map<Integer, PartitionLease> leases,
      Function<MemberId, Standing> standings,
      long now) {
    for (Heartbeat h : snapshot.heartbeats()) {
      if (h.member().equals(self) || clearing.contains(h.member())) {
        continue;
      }
      Standing standing = standings.apply(h.member());
      if (standing == Standing.EXPIRED) {
        clearing.add(h.member());
        calls.issue(new Op.WriteHeartbeat(h.in(State.SEIZED)), now);
      } else if (standing == Standing.SEIZED
          && leases.values().stream().noneMatch(l -> l.heldBy(h.member()))) {
        clearing.add(h.member());
        calls.issue(new Op.DeleteHeartbeat(h), now);
      }
    }
  }

  private void end(Ending how) {
    holdings.forEach(Holding::abandon);
    renewal.fence(last.nanos());
    ending = Optional.of(how);
    calls.add(new Command.Finish(how));
  }

  /** Why it ended, once it did. */
  Optional<Ending> ending() {
    return ending;
  }

  /** Whether the member may send for what it owns, at this moment. */
  boolean maySend(Moment now) {
    return ending.isEmpty() && renewal.maySend(now.nanos()) && !jumped(last, now, longestJump);
  }

  /** Nano time until which the member may send; in the past if it may not. */
  long sendUntil() {
    return renewal.sendUntil();
  }

  /** Nano time at which the last renewal that succeeded was sent. */
  long confirmedAt() {
    return renewal.confirmedAt();
  }

  /** What a person or a metric wants to know. */
  OwnershipStatus status(long now) {
    var owned = new ArrayList<Grant>();
    int moving = 0;
    for (Holding h : holdings) {
      h.grant().ifPresent(owned::add);
      if (h.moving()) {
        moving++;
      }
    }
    OwnershipStatus.State state =
        switch (ending.orElse(null)) {
          case LEFT -> OwnershipStatus.State.LEFT;
          case SUPERSEDED -> OwnershipStatus.State.SUPERSEDED;
          case REPARTITIONED -> OwnershipStatus.State.REPARTITIONED;
          case CLOSED -> OwnershipStatus.State.CLOSED;
          case FAILED -> OwnershipStatus.State.FAILED;
          case null ->
              leaving
                  ? OwnershipStatus.State.LEAVING
                  : renewal.joined() ? OwnershipStatus.State.ACTIVE : OwnershipStatus.State.JOINING;
        };
    return new OwnershipStatus(
        state, owned, moving, unowned, liveMembers, Duration.ofNanos(now - renewal.confirmedAt()));
  }
}
