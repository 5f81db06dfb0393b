package io.outboxpipeline.outbox;

import io.outboxpipeline.outbox.Outbox.Appended;
import java.sql.Connection;
import java.util.List;

/**
 * Stands around an append: adds headers, such as a trace or a tenant, or measures. It must hand on
 * all events, in their order, and return what it gets.
 */
@FunctionalInterface
public interface AppendInterceptor {

  /**
   * Appends events by {@code next}.
   *
   * @param transaction the caller's, for what has to commit with the events
   * @throws OutboxException if {@code next} throws it
   */
  List<Appended> append(Connection transaction, List<NewEvent> events, EventAppender next);
}
