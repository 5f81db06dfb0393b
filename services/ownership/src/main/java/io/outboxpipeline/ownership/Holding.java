package io.outboxpipeline.ownership;

import io.outboxpipeline.ownership.Command.Op;
import io.outboxpipeline.ownership.Input.Answer;
import java.util.Optional;

/**
 * One partition, as one member sees it: what it does with it, and what it is waiting for. Whatever
 * an answer leaves open, the next snapshot decides.
 */
final class Holding {

  /** What the member as a whole allows at this moment. */
  record Allowed(boolean toClaim, boolean leaving, long noticeNanos) {}

  private sealed interface State {

    /** Not ours, as far as we know. */
    record Idle() implements State {}

    /** The lease that makes it ours is being written. */
    record Claiming(PartitionLease next) implements State {}

    /** The lease is ours, the fence is being raised. */
    record Raising(Grant grant, PartitionLease lease) implements State {}

    /** Ours, and read. */
    record Running(Grant grant, PartitionLease lease) implements State {}

    /** Ours, and read, while a target is being named or a vanished lease put back. */
    record Writing(Grant grant, PartitionLease lease, PartitionLease next) implements State {}

    /** Ours, and read until then: by then its target has seen that it is the target. */
    record Notified(Grant grant, PartitionLease lease, long drainAt) implements State {}

    /** Ours, and read no more. */
    record Draining(Grant grant, PartitionLease lease) implements State {}

    /** The lease that frees it is being written. */
    record Releasing() implements State {}
  }

  private static final State IDLE = new State.Idle();

  /**
   * Partitions that move together stop in so many groups, one after the other: each is read on
   * until its turn, and finds a store and a target that are not busy with all the others.
   */
  private static final int GROUPS = 8;

  /** From one group to the next, as a part of the notice: 62 ms of 2.5 s. */
  private static final int GROUP_PART = 40;

  private final MemberId self;
  private final int partition;
  private final SlotRange slots;
  private final long leaseDuration;
  private final Calls calls;

  private State state = IDLE;

  /** The call that waits, 0 if none does. */
  private long waiting;

  /** What was read by this call or an earlier one may be older than what we wrote. */
  private long settled;

  /** The highest epoch ever seen. */
  private long epoch;

  private Version freeVersion = Version.NONE;
  private boolean free;
  private long freeSince;

  Holding(MemberId self, int partition, SlotRange slots, long leaseDuration, Calls calls) {
    this.self = self;
    this.partition = partition;
    this.slots = slots;
    this.leaseDuration = leaseDuration;
    this.calls = calls;
  }

  /** The grant, from its start until it is released, abandoned or fenced out. */
  Optional<Grant> grant() {
    return switch (state) {
      case State.Running(Grant g, _) -> Optional.of(g);
      case State.Writing(Grant g, _, _) -> Optional.of(g);
      case State.Notified(Grant g, _, _) -> Optional.of(g);
      case State.Draining(Grant g, _) -> Optional.of(g);
      case State.Idle _, State.Claiming _, State.Raising _, State.Releasing _ -> Optional.empty();
    };
  }

  /** Whether it is on its way to or from this member. */
  boolean moving() {
    return switch (state) {
      case State.Idle _, State.Running _, State.Writing _ -> false;
      case State.Claiming _,
          State.Raising _,
          State.Notified _,
          State.Draining _,
          State.Releasing _ ->
          true;
    };
  }

  boolean idle() {
    return state instanceof State.Idle;
  }

  boolean awaits(long call) {
    return call == waiting;
  }

  /** When {@link #advance} has something to do. */
  long wakeAt(long otherwise) {
    return state instanceof State.Notified(_, _, long drainAt) ? drainAt : otherwise;
  }

  void advance(long now) {
    if (state instanceof State.Notified(Grant grant, PartitionLease lease, long drainAt)
        && now - drainAt >= 0) {
      drain(grant, lease);
    }
  }

  /** Acts on what a snapshot says of this partition. */
  void observe(PartitionLease lease, View view, Allowed allowed, long readBy, long now) {
    if (waiting != 0 || readBy <= settled) {
      return;
    }
    epoch = Math.max(epoch, lease.epoch());
    watchFree(lease, view, now);
    switch (state) {
      case State.Idle _ -> observeIdle(lease, view, allowed, now);
      case State.Running(Grant grant, _) -> observeHeld(grant, lease, view, allowed, now);
      case State.Notified(Grant grant, _, _) -> observeHeld(grant, lease, view, allowed, now);
      case State.Draining(Grant grant, _) -> {
        if (isOurs(lease, grant)) {
          state = new State.Draining(grant, lease);
        } else if (!lease.isAbsent()) {
          abandon();
        }
      }
      case State.Writing _, State.Claiming _, State.Raising _, State.Releasing _ -> {}
    }
  }

  private void watchFree(PartitionLease lease, View view, long now) {
    boolean isFree = view.isFree(lease);
    if (!isFree || !free || !lease.version().equals(freeVersion)) {
      freeSince = now;
    }
    free = isFree;
    freeVersion = lease.version();
  }

  private boolean isOurs(PartitionLease lease, Grant grant) {
    return lease.heldBy(self) && lease.epoch() == grant.epoch();
  }

  private void observeIdle(PartitionLease lease, View view, Allowed allowed, long now) {
    if (lease.heldBy(self)) {
      // A claim whose answer was lost, a release that was, or what an earlier process held.
      Optional<MemberId> next = view.target(lease).or(() -> view.assigned(partition));
      if (next.isPresent() && view.isSelf(next.get())) {
        claim(lease, allowed, now);
      } else {
        write(new State.Releasing(), lease.to(next).released(), now);
      }
    } else if (free && !allowed.leaving()) {
      long wholeLeasesFree = (now - freeSince) / leaseDuration;
      if (view.claimant(lease, wholeLeasesFree).filter(view::isSelf).isPresent()) {
        claim(lease, allowed, now);
      }
    }
  }

  private void claim(PartitionLease lease, Allowed allowed, long now) {
    if (allowed.toClaim()) {
      PartitionLease next = lease.claimedBy(self, epoch + 1);
      epoch = next.epoch();
      write(new State.Claiming(next), next, now);
    }
  }

  private void observeHeld(
      Grant grant, PartitionLease lease, View view, Allowed allowed, long now) {
    if (lease.isAbsent()) {
      PartitionLease again = lease.claimedBy(self, grant.epoch());
      write(new State.Writing(grant, lease, again), again, now);
      return;
    }
    if (!isOurs(lease, grant)) {
      abandon();
      return;
    }
    Optional<MemberId> target = view.target(lease).filter(t -> !view.isSelf(t));
    if (target.isPresent()) {
      notified(grant, lease, allowed, now);
      return;
    }
    Optional<MemberId> owner = view.assigned(partition);
    state = new State.Running(grant, lease);
    if (owner.isPresent() && !view.isSelf(owner.get())) {
      PartitionLease named = lease.to(owner);
      write(new State.Writing(grant, lease, named), named, now);
    } else if (allowed.leaving()) {
      drain(grant, lease);
    }
  }

  private void notified(Grant grant, PartitionLease lease, Allowed allowed, long now) {
    long drainAt =
        state instanceof State.Notified(_, PartitionLease before, long since)
                && before.target().equals(lease.target())
            ? since
            : now
                + allowed.noticeNanos()
                + partition % GROUPS * (allowed.noticeNanos() / GROUP_PART);
    state = new State.Notified(grant, lease, drainAt);
  }

  private void drain(Grant grant, PartitionLease lease) {
    state = new State.Draining(grant, lease);
    calls.add(new Command.DrainWork(grant));
  }

  /**
   * Takes the answer to a write of the lease.
   *
   * @return whether somebody else wrote it, so that it should be read soon
   */
  boolean written(Answer answer, Allowed allowed, long now) {
    waiting = 0;
    settled = calls.last();
    boolean conflict = answer instanceof Answer.Cas(CasOutcome.Conflict());
    Optional<Version> version =
        answer instanceof Answer.Cas(CasOutcome.Written(Version v))
            ? Optional.of(v)
            : Optional.empty();
    switch (state) {
      case State.Claiming(PartitionLease next) -> {
        if (version.isPresent() && allowed.toClaim()) {
          var grant = new Grant(partition, slots, next.epoch());
          state = new State.Raising(grant, next.stored(version.get()));
          waiting = calls.issue(new Op.RaiseFence(self, grant), now);
        } else {
          state = IDLE;
        }
      }
      case State.Writing(Grant grant, PartitionLease lease, PartitionLease next) -> {
        state = new State.Running(grant, lease);
        if (version.isPresent()) {
          PartitionLease stored = next.stored(version.get());
          if (next.target().isPresent()) {
            notified(grant, stored, allowed, now);
          } else {
            state = new State.Running(grant, stored);
          }
        }
      }
      case State.Releasing _ -> state = IDLE;
      case State.Idle _, State.Raising _, State.Running _, State.Notified _, State.Draining _ ->
          throw new IllegalStateException("no write waits: " + state);
    }
    return conflict;
  }

  /**
   * Takes the answer to raising the fence.
   *
   * @return whether the slots are no longer cut as this member believes
   */
  boolean raised(Answer answer, Allowed allowed, long now) {
    waiting = 0;
    settled = calls.last();
    if (!(state instanceof State.Raising(Grant grant, PartitionLease lease))) {
      throw new IllegalStateException("no raise waits: " + state);
    }
    state = IDLE;
    if (!(answer instanceof Answer.Raise(RaiseOutcome outcome))) {
      return false;
    }
    return switch (outcome) {
      case RaiseOutcome.Raised() -> {
        if (allowed.toClaim()) {
          state = new State.Running(grant, lease);
          calls.add(new Command.StartWork(grant));
        }
        yield false;
      }
      case RaiseOutcome.Stale(long there) -> {
        epoch = Math.max(epoch, there);
        claim(lease, allowed, now);
        yield false;
      }
      case RaiseOutcome.Repartitioned() -> true;
    };
  }

  void drained(Grant of, long now) {
    if (state instanceof State.Draining(Grant grant, PartitionLease lease) && grant.equals(of)) {
      write(new State.Releasing(), lease.released(), now);
    }
  }

  /** Whether it was this grant that is forgotten now. */
  boolean fencedOut(Grant of) {
    boolean ours = grant().filter(of::equals).isPresent();
    if (ours) {
      abandon();
    }
    return ours;
  }

  /** Forgets whatever this member has to do with it. */
  void abandon() {
    grant().ifPresent(g -> calls.add(new Command.AbandonWork(g)));
    state = IDLE;
    waiting = 0;
    settled = calls.last();
  }

  private void write(State next, PartitionLease lease, long now) {
    state = next;
    waiting = calls.issue(new Op.WriteLease(lease), now);
  }
}
