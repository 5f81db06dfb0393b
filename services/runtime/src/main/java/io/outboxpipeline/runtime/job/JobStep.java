package io.outboxpipeline.runtime.job;

import io.outboxpipeline.runtime.AdminCaller;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;

/** How a service decides about one event of a job. Thread-safe. */
public interface JobStep {

  /** What became of one event. */
  sealed interface Outcome {
    /** Decided, and marked so in the same transaction. */
    record Done() implements Outcome {}

    /** It does not wait for a decision any more: somebody else decided, or it went on. */
    record Gone() implements Outcome {}

    /** Decided and marked, and its aggregate stands still again. */
    record Again(String why) implements Outcome {}
  }

  /** Marks the event as decided; throws if another process has done so. */
  @FunctionalInterface
  interface Mark {
    void in(Connection transaction) throws SQLException;
  }

  /** Whether this service decides so about events that this is wrong with. */
  boolean knows(String category, String action);

  /**
   * Decides in a transaction, which also keeps the record of the decision, and calls {@code mark}
   * in it.
   */
  Outcome decide(String action, JobItem item, AdminCaller by, Mark mark) throws SQLException;

  /**
   * Finds events of a job that were decided and have failed again since, and marks them so. Called
   * between two decisions.
   */
  default void lookBack(Connection transaction, String job) throws SQLException {}

  /** How long after a decision it may take until {@link #lookBack} finds that it failed again. */
  default Duration settles(String action) {
    return Duration.ZERO;
  }
}
