package io.outboxpipeline.operator.table;

import io.outboxpipeline.operator.api.DynamoDbSpec;
import io.outboxpipeline.operator.model.Notice;
import io.outboxpipeline.operator.queue.Access;
import io.outboxpipeline.operator.queue.Owner;
import io.outboxpipeline.runtime.Backoff;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * Looks after each pipeline's tables now and then, not at every reconcile: again when its spec or
 * the credentials change, when the interval is over, and after a failure with a growing delay.
 * Thread-safe.
 */
public final class TableCare {
  private final Tables tables;
  private final Duration interval;
  private final Backoff backoff;
  private final LongSupplier nanoClock;
  private final ConcurrentHashMap<String, Look> looks = new ConcurrentHashMap<>();

  /**
   * @param interval between two looks at tables that are as they must be
   * @param backoff between two looks at others
   * @param nanoClock {@code System::nanoTime}
   */
  public TableCare(Tables tables, Duration interval, Backoff backoff, LongSupplier nanoClock) {
    this.tables = tables;
    this.interval = interval;
    this.backoff = backoff;
    this.nanoClock = nanoClock;
  }

  /**
   * How the tables stand.
   *
   * @param notices what was done just now
   * @param next when to ask again
   */
  public record Report(TableState state, List<Notice> notices, Duration next) {}

  private record Look(
      DynamoDbSpec spec, Access access, TableState state, int failures, long at, Duration delay) {}

  /**
   * Looks if it is time to, else tells what was found last.
   *
   * @param uid the pipeline's
   */
  public Report look(String uid, DynamoDbSpec spec, Owner owner, Access access) {
    Look before = looks.get(uid);
    long now = nanoClock.getAsLong();
    if (before != null && before.spec.equals(spec) && before.access.equals(access)) {
      Duration left = before.delay.minusNanos(now - before.at);
      if (left.isPositive()) {
        return new Report(before.state, List.of(), left);
      }
    }
    Tables.Bound bound = tables.bind(spec, owner, access);
    TableState state = bound.state();
    Look look =
        switch (state) {
          case TableState.Ready ready -> new Look(spec, access, state, 0, now, interval);
          case TableState.Failed failed -> {
            int failures = before == null ? 1 : before.failures + 1;
            yield new Look(spec, access, state, failures, now, backoff.after(failures));
          }
        };
    looks.put(uid, look);
    return new Report(state, bound.done(), look.delay);
  }

  /** How they were reached last, if they were. */
  public Optional<Access> lastAccess(String uid) {
    return Optional.ofNullable(looks.get(uid)).map(Look::access);
  }

  /** See {@link Tables#delete}. */
  public Optional<TableState.Failed> delete(DynamoDbSpec spec, Owner owner, Access access) {
    return tables.delete(spec, owner, access);
  }

  /** To be told of pipelines that are gone. */
  public void forget(String uid) {
    looks.remove(uid);
  }
}
