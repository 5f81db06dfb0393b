package io.outboxpipeline.relay.source.mysql;

import io.outboxpipeline.outbox.Aggregate;
import org.jspecify.annotations.Nullable;

/** Writes events of one aggregate, each in a transaction of its own. */
final class ModelWriter {
  final Aggregate aggregate;
  final int events;
  private final ModelTable table;
  private final boolean flawed;
  long committed;
  ModelTable.@Nullable Row open;

  /**
   * @param events how many it writes
   * @param flawed whether the first of them can never be sent
   */
  ModelWriter(ModelTable table, Aggregate aggregate, int events, boolean flawed) {
    this.table = table;
    this.aggregate = aggregate;
    this.events = events;
    this.flawed = flawed;
  }

  /** Takes an id; the row is not visible yet. */
  void begin() {
    open =
        new ModelTable.Row(
            table.nextId++,
            aggregate,
            committed + 1,
            aggregate.id() + committed,
            10,
            flawed && committed == 0);
  }

  /** Commits what is open, else something new. */
  void write() {
    if (open == null) {
      begin();
    }
    commit();
  }

  /** Commits what is open, if anything is. */
  void commit() {
    ModelTable.Row row = open;
    if (row != null) {
      table.rows.put(row.id(), row);
      committed++;
      open = null;
    }
  }
}
