package io.outboxpipeline.inbox;

import io.outboxpipeline.outbox.Event;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/** What a consumer does with events, each once and in order. Called by several threads at once. */
@FunctionalInterface
public interface EventHandler {

  /**
   * Applies events in the inbox's transaction.
   *
   * @param transaction not to be committed, rolled back or closed here
   * @param run at least one event, those of one aggregate in order; of any number of aggregates,
   *     and possibly thousands
   * @throws RejectedEventException if some of them can never be applied as they are. What was
   *     written for the run is undone, and the others are given again without them
   * @throws SQLException if the whole transaction is to be rolled back
   */
  void apply(Connection transaction, List<Event> run) throws SQLException, RejectedEventException;
}
