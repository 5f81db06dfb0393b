package io.outboxpipeline.outbox;

import io.outboxpipeline.outbox.Outbox.Appended;
import java.sql.Connection;
import java.util.List;

/**
 * {@link Outbox#append} as an object, to be injected, wrapped and replaced in tests. Thread-safe if
 * its interceptors are.
 */
@FunctionalInterface
public interface EventAppender {

  /** As {@link Outbox#append(Connection, List)}. */
  List<Appended> append(Connection transaction, List<NewEvent> events);

  /** As {@link Outbox#append(Connection, NewEvent)}. */
  default Appended append(Connection transaction, NewEvent event) {
    return append(transaction, List.of(event)).get(0);
  }

  /** The same, with an interceptor around it; the last one that was added is the outermost. */
  default EventAppender with(AppendInterceptor interceptor) {
    return (transaction, events) -> interceptor.append(transaction, events, this);
  }
}
