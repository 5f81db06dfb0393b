package io.outboxpipeline.inbox;

import io.outboxpipeline.inbox.InboxTable.Row;
import io.outboxpipeline.inbox.RejectedEventException.Rejection;
import io.outboxpipeline.outbox.Event;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** A person's decision about an event in conflict, after which its chain may go on. */
final class Settlement {
  private Settlement() {}

  static Optional<Resumed> apply(
      Connection transaction, Chain chain, long sequence, UUID eventId, EventHandler handler)
      throws SQLException {
    Optional<Row> row = InboxTable.lock(transaction, chain);
    Optional<Event> event = ConflictTable.open(transaction, chain, sequence, eventId);
    if (row.isEmpty() || event.isEmpty()) {
      return Optional.empty();
    }
    List<Event> run = event.get().tombstone() ? List.of() : List.of(event.get());
    var rejections = new HashMap<UUID, String>();
    if (!run.isEmpty() && !Advance.attempt(transaction, run, handler, rejections)) {
      var rejection = new Rejection(event.get(), rejections.getOrDefault(eventId, "rejected"));
      return Optional.of(new Resumed(row.get().last(), List.of(), Optional.of(rejection), false));
    }
    ConflictTable.settle(transaction, chain, sequence, eventId, true);
    return Optional.of(goOn(transaction, chain, row.get(), handler, run));
  }

  static Optional<Resumed> discard(
      Connection transaction, Chain chain, long sequence, UUID eventId, EventHandler handler)
      throws SQLException {
    Optional<Row> row = InboxTable.lock(transaction, chain);
    Optional<Event> event = ConflictTable.open(transaction, chain, sequence, eventId);
    if (row.isEmpty() || event.isEmpty()) {
      return Optional.empty();
    }
    ConflictTable.settle(transaction, chain, sequence, eventId, false);
    return Optional.of(goOn(transaction, chain, row.get(), handler, List.of()));
  }

  /** With one conflict less. */
  private static Resumed goOn(
      Connection transaction, Chain chain, Row row, EventHandler handler, List<Event> applied)
      throws SQLException {
    var progress = new Progress(chain, row);
    progress.openConflicts = Math.max(0, row.conflicts() - 1);
    progress.active = progress.openConflicts == 0 && !row.rejected();
    applied.forEach(progress::alsoApplied);
    return Advance.resumed(transaction, progress, handler, applied);
  }
}
