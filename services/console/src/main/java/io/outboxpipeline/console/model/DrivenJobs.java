package io.outboxpipeline.console.model;

import io.outboxpipeline.console.model.Decider.Outcome;
import io.outboxpipeline.console.model.Job.State;
import io.outboxpipeline.console.model.Problem.Action;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Jobs of services that keep none: this process carries them out, one problem after the other. What
 * was not decided stays in the list of problems, so only the count of a job is lost with the
 * process. Thread-safe.
 */
final class DrivenJobs implements AutoCloseable {
  private static final int JOBS = 50;
  private static final int FAILURES_IN_A_ROW = 5;

  private final Decider decider;
  private final InstantSource clock;
  private final Duration pause;
  // One at a time: two jobs would double the rate.
  private final ExecutorService work =
      Executors.newSingleThreadExecutor(Thread.ofVirtual().name("console-actions").factory());
  private final Map<String, Job> jobs = new LinkedHashMap<>();

  /**
   * @param pause between two decisions
   */
  DrivenJobs(Pipeline pipeline, InstantSource clock, Duration pause) {
    this.decider = new Decider(pipeline);
    this.clock = clock;
    this.pause = pause;
  }

  /** Begins one; the same id twice is the same job. */
  synchronized Job begin(String id, Action action, List<Problem> items, String why) {
    Job there = jobs.get(id);
    if (there != null) {
      return there;
    }
    Job job =
        new Job(
            id,
            action,
            why,
            clock.instant(),
            State.RUNNING,
            false,
            items.size(),
            0,
            0,
            0,
            0,
            List.of());
    jobs.put(id, job);
    Actions.forget(jobs, JOBS);
    work.execute(() -> run(id, action, items, why));
    return job;
  }

  synchronized Optional<Job> find(String id) {
    return Optional.ofNullable(jobs.get(id));
  }

  synchronized List<Job> all() {
    return new ArrayList<>(jobs.values());
  }

  /** Ends one that runs. */
  void stop(String id) {
    end(id, State.STOPPED);
  }

  private boolean runs(String id) {
    return find(id).filter(j -> j.state() == State.RUNNING).isPresent();
  }

  private void run(String id, Action action, List<Problem> items, String why) {
    int inARow = 0;
    for (Problem problem : items) {
      if (!runs(id)) {
        return;
      }
      Outcome outcome = decide(problem, action, why);
      inARow = outcome instanceof Outcome.Failed ? inARow + 1 : 0;
      count(id, problem, outcome);
      if (inARow == FAILURES_IN_A_ROW || !paused()) {
        end(id, State.GAVE_UP);
        return;
      }
    }
    end(id, State.FINISHED);
  }

  /** One that can't be decided must not keep the job from its end. */
  private Outcome decide(Problem problem, Action action, String why) {
    try {
      return decider.decide(problem, action, why);
    } catch (RuntimeException e) {
      return new Outcome.Failed("It could not be asked: " + e.getClass().getSimpleName() + ".");
    }
  }

  private boolean paused() {
    try {
      Thread.sleep(pause);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private synchronized void count(String id, Problem problem, Outcome outcome) {
    Job job = jobs.get(id);
    if (job == null) {
      return;
    }
    List<String> failures = new ArrayList<>(job.failures());
    if (outcome instanceof Outcome.Failed(String reason) && failures.size() < Job.FAILURES_SHOWN) {
      failures.add(problem.aggregateType() + " " + problem.aggregateId() + ": " + reason);
    }
    jobs.put(
        id,
        new Job(
            id,
            job.action(),
            job.by(),
            job.startedAt(),
            job.state(),
            false,
            job.total(),
            job.done() + (outcome instanceof Outcome.Done ? 1 : 0),
            job.gone() + (outcome instanceof Outcome.Gone ? 1 : 0),
            job.again(),
            job.failed() + (outcome instanceof Outcome.Failed ? 1 : 0),
            failures));
  }

  private synchronized void end(String id, State state) {
    jobs.computeIfPresent(id, (_, job) -> job.state() == State.RUNNING ? job.as(state) : job);
  }

  @Override
  public void close() {
    work.shutdownNow();
  }
}
