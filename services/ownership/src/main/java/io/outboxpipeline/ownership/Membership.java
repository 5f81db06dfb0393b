package io.outboxpipeline.ownership;

import io.outboxpipeline.ownership.Calls.Waiting;
import io.outboxpipeline.ownership.Command.Op;
import io.outboxpipeline.ownership.Heartbeat.State;
import io.outboxpipeline.ownership.Holding.Allowed;
import io.outboxpipeline.ownership.Input.Answer;
import io.outboxpipeline.ownership.Liveness.Standing;
import java.time.Duration;
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

  /** While the fence is to be laid anew, the leases and the fence are read so often. */
  private static final long REPARTITION_POLL_NANOS = 200_000_000;

  private final MemberId self;
  private final long leaseDuration;
  private final long retryPeriod;
  private final long longestJump;

  /** While a partition is on its way here, the leases are read so often. */
  private final long poll;

  private final Calls calls;
  private final Renewal renewal;
  private final Liveness liveness;
  private final FenceWatch fence;
  private final Cleaning cleaning;

  private final Holdings holdings;

  /** The number that this member is giving up everything for, or because of the fence. */
  private boolean retiring;

  private Moment last;
  private long snapshotAt;
  private long snapshotCall;
  private boolean leaving;
  private boolean deleting;
  private long notice;
  private Optional<Ending> ending = Optional.empty();
  private Set<MemberId> liveMembers = Set.of();

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
    fence = new FenceWatch(calls, retryPeriod, now.nanos());
    cleaning = new Cleaning(self, calls);
    holdings = new Holdings(self, leaseDuration, calls, now.nanos());
    // Long enough for every other member to have read the leases once more.
    notice = retryPeriod + retryPeriod / 4;
    last = now;
    snapshotAt = now.nanos();
  }

  /** Takes one event and says what to do now, in this order. */
  List<Command> step(Input event, Moment now) {
    if (ending.isPresent()) {
      return List.of();
    }
    checkWall(now);
    long nanos = now.nanos();
    switch (event) {
      case Input.Tick() -> {}
      case Input.Answered(long id, Answer answer) ->
          calls.answered(id).ifPresent(call -> answered(call, answer, nanos));
      case Input.Drained(Grant grant) ->
          holdings.of(grant.partition()).ifPresent(h -> h.drained(grant, nanos));
      case Input.FencedOut(Grant grant) -> {
        if (holdings.of(grant.partition()).filter(h -> h.fencedOut(grant)).isPresent()) {
          snapshotBy(nanos + SOON_NANOS);
        }
      }
      case Input.Leave(long maxNotice) -> {
        if (!leaving) {
          leaving = true;
          notice = Math.min(notice, maxNotice);
          renewal.say(State.LEAVING, nanos);
          snapshotBy(nanos);
        }
      }
      case Input.Stop(Ending how) -> end(how);
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
    holdings.advance(now);
    if (leaving && !deleting && !renewal.joined()) {
      delete(now);
    }
    renewal.advance(now);
    if (renewal.joined() && snapshotCall == 0 && now - snapshotAt >= 0) {
      snapshotCall = calls.issue(new Op.ReadSnapshot(), now);
      snapshotAt = now + retryPeriod;
    }
    if (renewal.joined() && !deleting) {
      fence.advance(now);
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
    if (renewal.joined() && !deleting) {
      wake = fence.wakeAt(wake);
    }
    return holdings.wakeAt(wake);
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
        case LOST -> holdings.abandon();
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
        Optional<Holding> holding = holdings.of(next.partition()).filter(h -> h.awaits(call.id()));
        if (holding.isEmpty()) {
          cleaning.leaseAnswered(next.partition());
        } else if (holding.get().written(answer, allowed(now), now)) {
          snapshotBy(now + SOON_NANOS);
        }
        snapshotWhenEmpty(answer, now);
      }
      case Op.DeleteLease(PartitionLease stored) -> cleaning.leaseAnswered(stored.partition());
      case Op.RaiseFence(_, Grant grant) -> {
        Optional<Holding> holding = holdings.of(grant.partition()).filter(h -> h.awaits(call.id()));
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
    cleaning.heartbeatAnswered(member);
    if (answer instanceof Answer.Cas(CasOutcome.Written _)) {
      snapshotBy(now);
    }
  }

  private void snapshotWhenEmpty(Answer answer, long now) {
    if ((leaving || retiring) && !(answer instanceof Answer.Unknown) && holdings.idle()) {
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
    if (!fence.takes(call.id())) {
      return;
    }
    switch (answer) {
      case Answer.Cut(Layout there) -> {
        if (!holdings.isEmpty() && holdings.count() != there.partitions()) {
          workWith(0, now);
        }
        fence.found(there);
        renewal.say(State.LIVE, now);
        if (holdings.isEmpty()) {
          snapshotBy(now);
        }
      }
      case Answer.Laid _ -> fence.readBy(now);
      case Answer.Unknown() -> {
        fence.silent(renewal.maySend(now), now);
        if (fence.awayFor(leaseDuration / 2, now)) {
          renewal.say(State.UNABLE, now);
        }
      }
      case Answer.Cas _, Answer.Found _, Answer.Read _, Answer.Raise _ ->
          throw new IllegalStateException("not asked: " + answer);
    }
  }

  /** Begins anew with so many partitions, 0 to work with none. */
  private void workWith(int partitions, long now) {
    holdings.begin(partitions, now);
    retiring = false;
    renewal.worksWith(partitions, now);
    snapshotBy(now + SOON_NANOS);
    if (partitions == 0) {
      fence.forget(now);
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
    cleaning.clearDead(snapshot.heartbeats(), leases.values(), standings, now);
    Optional<Integer> wanted =
        snapshot
            .wanted()
            .map(WantedPartitions::count)
            .or(() -> fence.layout().map(Layout::partitions).filter(p -> p > 0));
    if (holdings.isEmpty()) {
      observeWaiting(leases, wanted, standings, readBy, now);
    } else {
      observeWorking(leases, wanted, standings, readBy, now);
    }
    boolean holdsNothing =
        holdings.idle() && leases.values().stream().noneMatch(l -> l.heldBy(self));
    if (leaving && holdsNothing) {
      delete(now);
      renewal.advance(now);
    } else if (retiring && holdsNothing) {
      workWith(0, now);
      renewal.advance(now);
    }
  }

  /** While it works with no partitions: until the fence is laid out as wanted. */
  private void observeWaiting(
      Map<Integer, PartitionLease> leases,
      Optional<Integer> wanted,
      Function<MemberId, Standing> standings,
      long readBy,
      long now) {
    holdings.noneUnowned();
    boolean allFree =
        leases.values().stream()
            .allMatch(
                l -> l.holder().isEmpty() || standings.apply(l.holder().get()).freesPartitions());
    Repartition next =
        Repartition.next(
            fence.layout(), wanted, allFree, liveness.allIdle(), fence.isSettledBefore(readBy));
    if (leaving) {
      cleaning.releaseOwn(leases.values(), now);
      return;
    }
    switch (next) {
      case Repartition.Ask() -> {}
      case Repartition.Work(int partitions) -> workWith(partitions, now);
      case Repartition.Lay(Layout seen, int partitions) -> {
        cleaning.releaseOwn(leases.values(), now);
        fence.lay(seen, partitions, now);
      }
      case Repartition.Wait() -> {
        cleaning.releaseOwn(leases.values(), now);
        if (now - holdings.since() < leaseDuration) {
          snapshotBy(now + REPARTITION_POLL_NANOS);
          fence.readBy(now + REPARTITION_POLL_NANOS);
        }
      }
    }
  }

  private void observeWorking(
      Map<Integer, PartitionLease> leases,
      Optional<Integer> wanted,
      Function<MemberId, Standing> standings,
      long readBy,
      long now) {
    int partitions = holdings.count();
    Set<MemberId> accepting =
        new HashSet<>(liveness.accepting(partitions, holdings.since(), 2 * retryPeriod, now));
    accepting.remove(self);
    boolean unable = fence.awayFor(leaseDuration / 2, now);
    // Alone it keeps what it has: nobody else would do better.
    retiring =
        retiring
            || wanted.filter(w -> w != partitions).isPresent()
            || (fence.awayFor(leaseDuration, now) && !accepting.isEmpty());
    if (retiring) {
      accepting.clear();
    } else if (!leaving) {
      if (unable) {
        return;
      }
      accepting.add(self);
    }
    var view = new View(self, leases, partitions, accepting, standings);
    holdings.observe(leases, view, allowed(now), readBy, now);
    if (holdings.expectsSome(now)) {
      snapshotBy(now + poll);
    }
    boolean first = liveMembers.stream().findFirst().filter(self::equals).isPresent();
    cleaning.tidy(leases.values(), partitions, first && !retiring, view, now);
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

  private void end(Ending how) {
    holdings.abandon();
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
    var state = OwnershipStatus.State.of(ending, leaving, renewal.joined(), !holdings.isEmpty());
    return new OwnershipStatus(
        state,
        holdings.count(),
        holdings.owned(),
        holdings.moving(),
        holdings.unowned(),
        liveMembers,
        Duration.ofNanos(now - renewal.confirmedAt()));
  }
}
