package io.outboxpipeline.console.model;

import io.outboxpipeline.console.model.Problem.Action;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * How far an action on a snapshot is.
 *
 * @param id the snapshot's
 * @param by who wanted it, and why
 * @param kept whether services keep and carry out all of it, so that it outlives this process
 * @param done carried out
 * @param gone not there any more when their turn came
 * @param again carried out, and then failed again
 * @param failed could not be decided
 * @param failures why, the first ones; also what is unknown of the job
 */
public record Job(
    String id,
    Action action,
    String by,
    Instant startedAt,
    State state,
    boolean kept,
    int total,
    int done,
    int gone,
    int again,
    int failed,
    List<String> failures) {

  static final int FAILURES_SHOWN = 10;

  public Job {
    failures = List.copyOf(failures);
  }

  /** A job always comes to an end. The first of these that a part has is the job's. */
  public enum State {
    RUNNING,
    /** It ended by itself, because too much failed; what is left can be tried again. */
    GAVE_UP,
    /** A person ended it. */
    STOPPED,
    FINISHED
  }

  /** One job whose parts are with several services. */
  static Job merged(List<Job> parts) {
    Job first = parts.getFirst();
    return parts.stream().skip(1).reduce(first, Job::and);
  }

  /** The same in another state. */
  Job as(State now) {
    return new Job(
        id, action, by, startedAt, now, kept, total, done, gone, again, failed, failures);
  }

  private Job and(Job other) {
    return new Job(
        id,
        action,
        by,
        Stream.of(startedAt, other.startedAt).min(Comparator.naturalOrder()).orElseThrow(),
        state.compareTo(other.state) <= 0 ? state : other.state,
        kept && other.kept,
        total + other.total,
        done + other.done,
        gone + other.gone,
        again + other.again,
        failed + other.failed,
        Stream.concat(failures.stream(), other.failures.stream()).limit(FAILURES_SHOWN).toList());
  }
}
