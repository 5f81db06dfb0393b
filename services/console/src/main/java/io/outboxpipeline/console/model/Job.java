package io.outboxpipeline.console.model;

import io.outboxpipeline.console.model.Problem.Action;
import java.time.Instant;
import java.util.List;

/**
 * How far an action on a snapshot is.
 *
 * @param id the snapshot's
 * @param by who wanted it, and why
 * @param done carried out
 * @param gone not there any more when their turn came
 * @param failures why others failed, the first ones
 */
public record Job(
    String id,
    Action action,
    String by,
    Instant startedAt,
    State state,
    int total,
    int done,
    int gone,
    int failed,
    List<String> failures) {

  static final int FAILURES_SHOWN = 10;

  public Job {
    failures = List.copyOf(failures);
  }

  /** A job always comes to an end. */
  public enum State {
    RUNNING,
    FINISHED,
    /** It ended by itself, because one after the other failed; what is left can be tried again. */
    GAVE_UP
  }
}
