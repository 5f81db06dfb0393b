package io.outboxpipeline.operator.queue;

import io.outboxpipeline.operator.api.QueueSpec;
import io.outboxpipeline.operator.model.BoundQueue;
import io.outboxpipeline.operator.model.Notice;
import io.outboxpipeline.operator.model.QueueState;
import io.outboxpipeline.runtime.Backoff;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * Looks after each pipeline's queue now and then, not at every reconcile: again when its spec or
 * the credentials change, when the interval is over, and after a failure with a growing delay.
 * Thread-safe.
 */
public final class QueueCare {
  private final Queues queues;
  private final Duration interval;
  private final Backoff backoff;
  private final LongSupplier nanoClock;
  private final ConcurrentHashMap<String, Look> looks = new ConcurrentHashMap<>();

  /**
   * @param interval between two looks at a queue that is as it should be
   * @param backoff between two looks at one that is not
   * @param nanoClock {@code System::nanoTime}
   */
  public QueueCare(Queues queues, Duration interval, Backoff backoff, LongSupplier nanoClock) {
    this.queues = queues;
    this.interval = interval;
    this.backoff = backoff;
    this.nanoClock = nanoClock;
  }

  /**
   * How a queue stands.
   *
   * @param notices what was done just now
   * @param next when to ask again
   */
  public record Report(QueueState state, List<Notice> notices, Duration next) {}

  private record Look(
      QueueSpec spec, Access access, Bound bound, int failures, long at, Duration delay) {}

  /**
   * Looks if it is time to, else tells what was found last.
   *
   * @param uid the pipeline's
   */
  public Report look(String uid, QueueSpec spec, Owner owner, Access access) {
    Look before = looks.get(uid);
    long now = nanoClock.getAsLong();
    if (before != null && before.spec.equals(spec) && before.access.equals(access)) {
      Duration left = before.delay.minusNanos(now - before.at);
      if (left.isPositive()) {
        return new Report(state(before.bound), List.of(), left);
      }
    }
    Bound bound = queues.bind(spec, owner, access);
    Look look =
        switch (bound) {
          case Bound.Done done -> new Look(spec, access, bound, 0, now, interval);
          case Bound.Failed failed -> {
            int failures = before == null ? 1 : before.failures + 1;
            yield new Look(spec, access, bound, failures, now, backoff.after(failures));
          }
        };
    looks.put(uid, look);
    return new Report(state(bound), done(bound), look.delay);
  }

  /** What was found last, if anything was looked for. */
  public Optional<BoundQueue> last(String uid) {
    Look look = looks.get(uid);
    return look != null && look.bound instanceof Bound.Done(BoundQueue queue, var done)
        ? Optional.of(queue)
        : Optional.empty();
  }

  /** How it was reached last, if it was. */
  public Optional<Access> lastAccess(String uid) {
    return Optional.ofNullable(looks.get(uid)).map(Look::access);
  }

  /** See {@link Queues#delete}. */
  public Optional<Bound.Failed> delete(QueueSpec spec, Owner owner, Access access) {
    return queues.delete(spec, owner, access);
  }

  /** To be told of pipelines that are gone. */
  public void forget(String uid) {
    looks.remove(uid);
  }

  private static QueueState state(Bound bound) {
    return switch (bound) {
      case Bound.Done(BoundQueue queue, var done) -> new QueueState.Ready(queue);
      case Bound.Failed(String reason, String message) -> new QueueState.Failed(reason, message);
    };
  }

  private static List<Notice> done(Bound bound) {
    return switch (bound) {
      case Bound.Done(BoundQueue queue, var done) -> done;
      case Bound.Failed failed -> List.of();
    };
  }
}
