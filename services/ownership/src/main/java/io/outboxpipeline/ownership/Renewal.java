package io.outboxpipeline.ownership;

import io.outboxpipeline.ownership.Command.Op;
import io.outboxpipeline.ownership.Heartbeat.State;
import io.outboxpipeline.ownership.Input.Answer;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A member's own heartbeat: joins, renews, says until when the member may send, finds out that it
 * was seized or superseded. One call at a time; after one whose answer was lost the record is read
 * back, and the counter in it tells whether the attempt was done.
 */
final class Renewal {

  /** What an answer meant for the member. */
  enum Result {
    NOTHING,
    /**
     * It was seized, or its heartbeat was deleted: what it holds is, or will be, somebody else's.
     */
    LOST,
    /** A newer process runs as this member. */
    SUPERSEDED,
    /** The heartbeat is deleted, as it was told to be. */
    DELETED
  }

  private final MemberId self;
  private final String incarnation;
  private final long renewDeadline;
  private final long retryPeriod;
  private final Calls calls;

  /** The record as far as known; null if there is none. */
  private @Nullable Heartbeat stored;

  /** Whether {@code stored} is known. */
  private boolean resolved;

  /** Counters of attempts that may yet turn out to be done, and when they were sent. */
  private final TreeMap<Long, Long> attempts = new TreeMap<>();

  private long renewals;
  private boolean joined;
  private State state = State.LIVE;
  private int partitions;

  /** The first attempt that says with how many partitions it works now. */
  private long partitionsSaidBy;

  /** The last attempt that is known to be stored. */
  private long storedCounter;

  private boolean deleting;

  /** The call that waits, 0 if none does. */
  private long waiting;

  private long nextAt;
  private long attemptedAt;
  private long sendUntil;
  private long fencedAt;
  private long confirmedAt;

  Renewal(MemberId self, String incarnation, LeaseTiming timing, Calls calls, long now) {
    this.self = self;
    this.incarnation = incarnation;
    this.renewDeadline = timing.renewDeadline().toNanos();
    this.retryPeriod = timing.retryPeriod().toNanos();
    this.calls = calls;
    nextAt = now;
    attemptedAt = now - retryPeriod;
    sendUntil = now;
    fencedAt = now;
    confirmedAt = now;
  }

  boolean joined() {
    return joined;
  }

  boolean maySend(long now) {
    return joined && sendUntil - now > 0;
  }

  /** Nano time until which the member may send; in the past if it may not. */
  long sendUntil() {
    return sendUntil;
  }

  /** Nano time at which the last renewal that succeeded was sent. */
  long confirmedAt() {
    return confirmedAt;
  }

  /** Time may have stood still: nothing that was sent before now counts any more. */
  void fence(long now) {
    fencedAt = now;
    sendUntil = now;
    nextAt = now;
  }

  /** Says so at once; once a member leaves, it says nothing else. */
  void say(State next, long now) {
    if (state != next && state != State.LEAVING) {
      state = next;
      nextAt = now;
    }
  }

  /** Says at once with how many partitions the member works. */
  void worksWith(int count, long now) {
    partitions = count;
    partitionsSaidBy = renewals + 1;
    nextAt = now;
  }

  /**
   * Whether it is stored with how many partitions the member works, so that no earlier attempt can
   * still come and say otherwise.
   */
  boolean partitionsSaid() {
    return storedCounter >= partitionsSaidBy;
  }

  void delete(long now) {
    deleting = true;
    resolved = resolved && stored != null;
    nextAt = now;
  }

  /**
   * Whether this process is the one that its member's heartbeat speaks of. If not, leases that name
   * the member may be a newer process's: they are no longer ours to act on. Reads back at once.
   */
  boolean vouchedFor(Optional<Heartbeat> seen, long now) {
    boolean ours =
        seen.filter(h -> h.incarnation().equals(incarnation) && h.state() != State.SEIZED)
            .isPresent();
    if (!ours && waiting == 0) {
      resolved = false;
      nextAt = now;
    }
    return ours;
  }

  boolean awaits(long call) {
    return call == waiting;
  }

  /** When {@link #advance} has something to do; {@code otherwise} if only an answer can tell. */
  long wakeAt(long otherwise) {
    return waiting == 0 ? nextAt : otherwise;
  }

  void advance(long now) {
    if (waiting != 0 || now - nextAt < 0) {
      return;
    }
    if (!resolved) {
      waiting = calls.issue(new Op.ReadHeartbeat(self), now);
    } else if (deleting && stored != null) {
      waiting = calls.issue(new Op.DeleteHeartbeat(stored), now);
    } else {
      renewals++;
      attempts.put(renewals, now);
      attemptedAt = now;
      Version there = stored == null ? Version.NONE : stored.version();
      waiting =
          calls.issue(
              new Op.WriteHeartbeat(
                  new Heartbeat(
                      self, incarnation, renewals, state, partitions, Report.NONE, there)),
              now);
    }
    nextAt = now + retryPeriod;
  }

  Result answered(Op op, Answer answer, long now) {
    waiting = 0;
    return switch (answer) {
      case Answer.Found(Optional<Heartbeat> heartbeat) -> found(heartbeat, now);
      case Answer.Cas(CasOutcome.Written(Version version)) -> written(op, version, now);
      case Answer.Cas(CasOutcome.Conflict()) -> {
        resolved = false;
        nextAt = now;
        yield Result.NOTHING;
      }
      case Answer.Unknown() -> {
        // After a write, read back at once; when that fails too, the store is away: wait.
        if (resolved) {
          resolved = false;
          nextAt = now;
        } else {
          nextAt = now + retryPeriod;
        }
        yield Result.NOTHING;
      }
      case Answer.Read _, Answer.Raise _, Answer.Cut _, Answer.Laid _ ->
          throw new IllegalStateException("not asked: " + answer);
    };
  }

  private Result written(Op op, Version version, long now) {
    if (!(op instanceof Op.WriteHeartbeat(Heartbeat next))) {
      return Result.DELETED;
    }
    stored = next.stored(version);
    confirmed(next.renewals(), now);
    return Result.NOTHING;
  }

  private Result found(Optional<Heartbeat> heartbeat, long now) {
    resolved = true;
    // Not at once: a store that can be read but not written must not be asked without a pause.
    nextAt = later(now, attemptedAt + retryPeriod / 4);
    if (heartbeat.isEmpty()) {
      stored = null;
      return deleting ? Result.DELETED : joined ? lost(now) : Result.NOTHING;
    }
    Heartbeat h = heartbeat.get();
    stored = h;
    if (!h.incarnation().equals(incarnation)) {
      return deleting ? Result.DELETED : joined ? Result.SUPERSEDED : Result.NOTHING;
    }
    if (h.state() == State.SEIZED) {
      return deleting ? Result.DELETED : lost(now);
    }
    if (attempts.containsKey(h.renewals())) {
      nextAt = attemptedAt + retryPeriod;
      confirmed(h.renewals(), now);
    }
    return Result.NOTHING;
  }

  private void confirmed(long counter, long now) {
    Long sentAt = attempts.get(counter);
    if (sentAt == null) {
      return;
    }
    attempts.headMap(counter, true).clear();
    joined = true;
    storedCounter = counter;
    if (sentAt - fencedAt < 0) {
      nextAt = now;
      return;
    }
    confirmedAt = sentAt;
    sendUntil = sentAt + renewDeadline;
    if (!partitionsSaid() || (stored != null && stored.state() != state)) {
      nextAt = now;
    }
  }

  private static long later(long a, long b) {
    return a - b >= 0 ? a : b;
  }

  private Result lost(long now) {
    attempts.clear();
    sendUntil = now;
    return Result.LOST;
  }
}
