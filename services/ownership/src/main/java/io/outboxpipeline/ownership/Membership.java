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

  /** After what calls for another look at the leases. */
  private static final long SOON_NANOS = 50_000_000;

  /** While the fence is to be cut anew, the leases and the fence are read so often. */
  private static final long CUT_POLL_NANOS = 200_000_000;

  private final MemberId self;
  private final long leaseDuration;
  private final long retryPeriod;
  private final long longestJump;

  /** While a partition is on its way here, the leases are read so often. */
  private final long poll;

  private final Calls calls;
  private final Renewal renewal;
  private final Liveness liveness;

  /** One for each partition that this member works with; empty while it works with none. */
  private final List<Holding> holdings = new ArrayList<>();

  /** Heartbeats of the dead that are being seized or deleted. */
  private final Set<MemberId> clearing = new HashSet<>();

  /** Since when a lease, in this version, waits for this member as its target. */
  private Map<Version, Long> expected = Map.of();

  /** Partitions whose leases, left over or of an earlier process, are being released or deleted. */
  private final Set<Integer> tidying = new HashSet<>();

  /** How the fence was cut when it was read last. */
  private Optional<Layout> layout = Optional.empty();

  /** What is read by a later call was read after the layout. */
  private long layoutAnsweredAt;

  private long layoutAt;

  /** The call that reads or cuts the fence, 0 if none waits. */
  private long fenceCall;

  /** Since when the fence does not answer, though heartbeats are renewed. */
  private Optional<Long> fenceAwaySince = Optional.empty();

  /** The number that this member is giving up everything for, or because of the fence. */
  private boolean retiring;

  /** Since when it works with what it works with. */
  private long since;

  private Moment last;
  private long snapshotAt;
  private long snapshotCall;
  private boolean leaving;
  private boolean deleting;
  private long notice;
  private Optional<Ending> ending = Optional.empty();
  private Set<MemberId> liveMembers = Set.of();
  private int unowned;

  Membership(
      MemberId self, String incarnation, LeaseTiming timing, Duration pollPeriod, Moment now) {
    this.self = self;
    poll = pollPeriod.toNanos();
    leaseDuration = timing.leaseDuration().toNanos();
    retryPeriod = timing.retryPeriod().toNanos();
    longestJump = (leaseDuration - timing.renewDeadline().toNanos()) / 1_000_000;
    calls = new Calls(callTimeoutNanos());
    renewal = new Renewal(self, incarnation, timing, calls, now.nanos());
    liveness = new Liveness(leaseDuration, timing.renewDeadline().toNanos());
    // Long enough for every other member to have read the leases once more.
    notice = retryPeriod + retryPeriod / 4;
    last = now;
    snapshotAt = now.nanos();
    layoutAt = now.nanos();
    since = now.nanos();
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
      case Event.Drained(Grant grant) ->
          holding(grant.partition()).ifPresent(h -> h.drained(grant, nanos));
      case Event.FencedOut(Grant grant) -> {
        if (holding(grant.partition()).filter(h -> h.fencedOut(grant)).isPresent()) {
          snapshotBy(nanos + SOON_NANOS);
        }
      }
      case Event.Leave(long maxNotice) -> {
        if (!leaving) {
          leaving = true;
          notice = Math.min(notice, maxNotice);
          renewal.say(State.LEAVING, nanos);
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
    if (renewal.joined() && fenceCall == 0 && !deleting && now - layoutAt >= 0) {
      fenceCall = calls.issue(new Op.ReadLayout(), now);
      layoutAt = now + retryPeriod;
    }
  }

  private Optional<Holding> holding(int partition) {
    return partition < holdings.size() ? Optional.of(holdings.get(partition)) : Optional.empty();
  }

  /** When to step next if nothing else happens. */
  long wakeAt() {
    long wake = last.nanos() + retryPeriod;
    wake = earlier(wake, renewal.wakeAt(wake));
    wake = earlier(wake, calls.nextDeadline(wake));
    if (renewal.joined() && snapshotCall == 0) {
      wake = earlier(wake, snapshotAt);
    }
    if (renewal.joined() && fenceCall == 0 && !deleting) {
      wake = earlier(wake, layoutAt);
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
      boolean said = renewal.partitionsSaid();
      switch (renewal.answered(call.op(), answer, now)) {
        case NOTHING -> {}
        case LOST -> holdings.forEach(Holding::abandon);
        case SUPERSEDED -> end(Ending.SUPERSEDED);
        case DELETED -> end(Ending.LEFT);
      }
      if (!said && renewal.partitionsSaid()) {
        snapshotBy(now);
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
        Optional<Holding> holding = holding(next.partition()).filter(h -> h.awaits(call.id()));
        if (holding.isEmpty()) {
          tidying.remove(next.partition());
        } else if (holding.get().written(answer, allowed(now), now)) {
          snapshotBy(now + SOON_NANOS);
        }
        snapshotWhenEmpty(answer, now);
      }
      case Op.DeleteLease(PartitionLease stored) -> tidying.remove(stored.partition());
      case Op.RaiseFence(_, Grant grant) -> {
        Optional<Holding> holding = holding(grant.partition()).filter(h -> h.awaits(call.id()));
        if (holding.isPresent() && holding.get().raised(answer, allowed(now), now)) {
          workWith(0, now);
        }
        snapshotWhenEmpty(answer, now);
      }
      case Op.ReadLayout(), Op.LayFence _ -> fenceAnswered(call, answer, now);
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
    if ((leaving || retiring)
        && !(answer instanceof Answer.Unknown)
        && holdings.stream().allMatch(Holding::idle)) {
      snapshotBy(now);
    }
  }

  private void snapshotBy(long nanos) {
    snapshotAt = earlier(snapshotAt, nanos);
  }

  private Allowed allowed(long now) {
    return new Allowed(
        renewal.maySend(now) && renewal.partitionsSaid() && !leaving && !retiring,
        leaving || retiring,
        notice);
  }

  private void fenceAnswered(Waiting call, Answer answer, long now) {
    if (call.id() != fenceCall) {
      return;
    }
    fenceCall = 0;
    switch (answer) {
      case Answer.Cut(Layout there) -> {
        if (!holdings.isEmpty() && holdings.size() != there.partitions()) {
          workWith(0, now);
        }
        layout = Optional.of(there);
        layoutAnsweredAt = calls.last();
        fenceAwaySince = Optional.empty();
        renewal.say(State.LIVE, now);
        if (holdings.isEmpty()) {
          snapshotBy(now);
        }
      }
      case Answer.Laid _ -> layoutAt = now;
      case Answer.Unknown() -> {
        layout = Optional.empty();
        // While the heartbeat can't be renewed either, everything is away, and that is another
        // matter.
        fenceAwaySince =
            renewal.maySend(now) ? fenceAwaySince.or(() -> Optional.of(now)) : Optional.empty();
        if (fenceAwayFor(leaseDuration / 2, now)) {
          renewal.say(State.UNABLE, now);
        }
      }
      case Answer.Cas _, Answer.Found _, Answer.Read _, Answer.Raise _ ->
          throw new IllegalStateException("not asked: " + answer);
    }
  }

  private boolean fenceAwayFor(long nanos, long now) {
    return fenceAwaySince.filter(away -> now - away >= nanos).isPresent();
  }

  /** Begins anew with so many partitions, 0 to work with none. */
  private void workWith(int partitions, long now) {
    holdings.forEach(Holding::abandon);
    holdings.clear();
    for (int p = 0; p < partitions; p++) {
      holdings.add(new Holding(self, p, Partitions.range(p, partitions), leaseDuration, calls));
    }
    retiring = false;
    since = now;
    unowned = partitions;
    expected = Map.of();
    renewal.worksWith(partitions, now);
    snapshotBy(now + SOON_NANOS);
    if (partitions == 0) {
      layout = Optional.empty();
      layoutAt = now;
    }
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
    snapshot.leases().forEach(lease -> leases.put(lease.partition(), lease));
    clearDead(snapshot, leases, standings, now);
    Optional<Integer> wanted =
        snapshot
            .wanted()
            .map(WantedPartitions::count)
            .or(() -> layout.map(Layout::partitions).filter(p -> p > 0));
    if (holdings.isEmpty()) {
      observeWaiting(leases, wanted, standings, readBy, now);
    } else {
      observeWorking(leases, wanted, standings, readBy, now);
    }
    boolean holdsNothing =
        holdings.stream().allMatch(Holding::idle)
            && leases.values().stream().noneMatch(l -> l.heldBy(self));
    if (leaving && holdsNothing) {
      delete(now);
      renewal.advance(now);
    } else if (retiring && holdsNothing) {
      workWith(0, now);
      renewal.advance(now);
    }
  }

  /** While it works with no partitions: until the fence is cut as it should be, it is to be cut. */
  private void observeWaiting(
      Map<Integer, PartitionLease> leases,
      Optional<Integer> wanted,
      Function<MemberId, Standing> standings,
      long readBy,
      long now) {
    unowned = 0;
    boolean known = layout.isPresent() && wanted.isPresent();
    if (!leaving && known && wanted.get() == layout.get().partitions()) {
      workWith(wanted.get(), now);
      return;
    }
    if (leaving || known) {
      leases.values().stream().filter(l -> l.heldBy(self)).forEach(l -> release(l, now));
    }
    if (leaving || !known) {
      return;
    }
    boolean allFree =
        leases.values().stream()
            .allMatch(
                l -> l.holder().isEmpty() || standings.apply(l.holder().get()).freesPartitions());
    // The layout was read before the leases and the heartbeats: whoever starts a partition of it
    // after they were read changes it, and it is not cut.
    if (allFree && liveness.allIdle() && readBy > layoutAnsweredAt && fenceCall == 0) {
      fenceCall = calls.issue(new Op.LayFence(layout.get(), wanted.get()), now);
    } else if (now - since < leaseDuration) {
      snapshotBy(now + CUT_POLL_NANOS);
      layoutAt = earlier(layoutAt, now + CUT_POLL_NANOS);
    }
  }

  private void observeWorking(
      Map<Integer, PartitionLease> leases,
      Optional<Integer> wanted,
      Function<MemberId, Standing> standings,
      long readBy,
      long now) {
    int partitions = holdings.size();
    Set<MemberId> accepting =
        new HashSet<>(liveness.accepting(partitions, since, 2 * retryPeriod, now));
    accepting.remove(self);
    boolean unable = fenceAwayFor(leaseDuration / 2, now);
    // Alone it keeps what it has: nobody else would do better.
    retiring =
        retiring
            || wanted.filter(w -> w != partitions).isPresent()
            || (fenceAwayFor(leaseDuration, now) && !accepting.isEmpty());
    if (retiring) {
      accepting.clear();
    } else if (!leaving) {
      if (unable) {
        return;
      }
      accepting.add(self);
    }
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
    if (expected.values().stream().anyMatch(from -> now - from < leaseDuration)) {
      snapshotBy(now + poll);
    }
    tidy(leases, view, now);
  }

  /** Leases of a former, larger number of partitions: released by whom they name, then deleted. */
  private void tidy(Map<Integer, PartitionLease> leases, View view, long now) {
    boolean first = liveMembers.stream().findFirst().filter(self::equals).isPresent();
    for (PartitionLease lease : leases.values()) {
      if (lease.partition() < holdings.size()) {
        continue;
      }
      if (lease.heldBy(self)) {
        release(lease, now);
      } else if (first && !retiring && view.isFree(lease) && tidying.add(lease.partition())) {
        calls.issue(new Op.DeleteLease(lease), now);
      }
    }
  }

  private void release(PartitionLease lease, long now) {
    if (tidying.add(lease.partition())) {
      calls.issue(new Op.WriteLease(lease.released()), now);
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
          case CLOSED -> OwnershipStatus.State.CLOSED;
          case FAILED -> OwnershipStatus.State.FAILED;
          case null ->
              leaving
                  ? OwnershipStatus.State.LEAVING
                  : !renewal.joined()
                      ? OwnershipStatus.State.JOINING
                      : holdings.isEmpty()
                          ? OwnershipStatus.State.WAITING
                          : OwnershipStatus.State.ACTIVE;
        };
    return new OwnershipStatus(
        state,
        holdings.size(),
        owned,
        moving,
        unowned,
        liveMembers,
        Duration.ofNanos(now - renewal.confirmedAt()));
  }
}
