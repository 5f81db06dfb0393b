package io.outboxpipeline.relay.source;

import io.outboxpipeline.ownership.Grant;
import java.util.Optional;

/**
 * Where events are written: follows the partitions that the relay owns, hands their events over in
 * order of each aggregate, and records what became of them. Thread-safe; every method but {@link
 * #close} returns at once.
 *
 * <p>Of a grant: {@code follow}, then at most once {@code stop} and {@code finish}, and {@code
 * forget} at any time.
 */
public interface Source extends AutoCloseable {

  /** What a source tells the relay. Its methods return at once. */
  interface Listener {
    /** Nothing of a grant that was finished is left to record. */
    void drained(Grant grant);

    /** The fence has a newer epoch for the grant's partition. */
    void fencedOut(Grant grant);
  }

  /** Begins to read, into the intake. */
  void start(Intake intake);

  /** Hands over the events of a partition from now on. */
  void follow(Grant grant);

  /**
   * Hands over nothing more of a grant.
   *
   * @return whether the grant is followed
   */
  boolean stop(Grant grant);

  /** All events of a grant that were handed over are answered: tells when they are recorded. */
  void finish(Grant grant);

  /** Waits no longer for what can't be recorded: the next owner sends it again. */
  void giveUp(Grant grant);

  /** Forgets a grant at once. */
  void forget(Grant grant);

  /** These were sent: they are never handed over again, and taken out of where they are. */
  void done(Sent sent);

  /** This can never be sent: it is recorded, and holds its aggregate until a person decides. */
  void quarantine(Refusal refusal);

  /** There may be room again in the intake. */
  void roomAgain();

  /** Whether what is sent now can be recorded; if not, nothing more should be sent. */
  boolean records();

  Standing standing();

  /** Why events can't be read, or not recorded, if so. */
  Optional<String> trouble();

  /** Whether it still works; false after a fault of its own. */
  boolean alive();

  /** Reads no more: what was sent is still recorded until {@link #close}. */
  void endReading();

  /** Records what was sent, as far as that is possible, and ends. */
  @Override
  void close();
}
