package io.outboxpipeline.console.model;

import io.outboxpipeline.console.model.Decider.Outcome;
import io.outboxpipeline.console.model.Problem.Action;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Actions on many problems of one pipeline: first a look that changes nothing, then exactly what
 * was seen, one problem after the other at a bounded rate. Each decision is a transaction of the
 * service that keeps it, and what was not decided stays in the list of problems: so nothing is lost
 * with this process but the count. Thread-safe.
 */
public final class Actions implements AutoCloseable {
  private static final Duration SNAPSHOT_KEPT = Duration.ofMinutes(15);
  private static final int SNAPSHOTS = 50;
  private static final int JOBS = 50;
  private static final int FAILURES_IN_A_ROW = 5;

  private final Pipeline pipeline;
  private final Decider decider;
  private final InstantSource clock;
  private final Duration pause;
  // One at a time: two jobs would double the rate.
  private final ExecutorService work =
      Executors.newSingleThreadExecutor(Thread.ofVirtual().name("console-actions").factory());
  private final Map<String, Snapshot> snapshots = new LinkedHashMap<>();
  private final Map<String, Job> jobs = new LinkedHashMap<>();

  /**
   * @param pause between two decisions of a job
   */
  public Actions(Pipeline pipeline, InstantSource clock, Duration pause) {
    this.pipeline = pipeline;
    this.decider = new Decider(pipeline);
    this.clock = clock;
    this.pause = pause;
  }

  /** The dry run: counts, keeps what it counted for a quarter of an hour, and changes nothing. */
  public Snapshot look(Action action, Filter filter) {
    Snapshot snapshot =
        Snapshot.take(pipeline.name(), action, filter, Problems.of(pipeline), clock.instant());
    synchronized (this) {
      snapshots.put(snapshot.id(), snapshot);
      forget(snapshots, SNAPSHOTS);
      return snapshot;
    }
  }

  /** A snapshot that is still kept. */
  public synchronized Optional<Snapshot> snapshot(String id) {
    return Optional.ofNullable(snapshots.get(id))
        .filter(s -> Duration.between(s.takenAt(), clock.instant()).compareTo(SNAPSHOT_KEPT) <= 0);
  }

  /**
   * Begins an action on a snapshot. The same snapshot twice is the same job.
   *
   * @param count how many the caller was shown
   * @param why kept with each decision; says who decided, too
   * @return empty if there is no such snapshot, or no longer, or it has another count
   */
  public synchronized Optional<Job> act(String snapshot, int count, String why) {
    Job running = jobs.get(snapshot);
    if (running != null) {
      return Optional.of(running);
    }
    return snapshot(snapshot).filter(s -> s.items().size() == count).map(s -> begin(s, why));
  }

  private synchronized Job begin(Snapshot s, String why) {
    Job job =
        new Job(
            s.id(),
            s.action(),
            why,
            clock.instant(),
            Job.State.RUNNING,
            s.items().size(),
            0,
            0,
            0,
            List.of());
    jobs.put(s.id(), job);
    forget(jobs, JOBS);
    work.execute(() -> run(s, why));
    return job;
  }

  /** A job of this process. */
  public synchronized Optional<Job> job(String id) {
    return Optional.ofNullable(jobs.get(id));
  }

  /** The last jobs of this process, the newest first. */
  public synchronized List<Job> jobs() {
    return new ArrayList<>(jobs.values()).reversed();
  }

  private void run(Snapshot snapshot, String why) {
    int inARow = 0;
    for (Problem problem : snapshot.items()) {
      Outcome outcome = decide(problem, snapshot.action(), why);
      inARow = outcome instanceof Outcome.Failed ? inARow + 1 : 0;
      count(snapshot.id(), problem, outcome);
      if (inARow == FAILURES_IN_A_ROW || !paused()) {
        end(snapshot.id(), Job.State.GAVE_UP);
        return;
      }
    }
    end(snapshot.id(), Job.State.FINISHED);
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
            job.total(),
            job.done() + (outcome instanceof Outcome.Done ? 1 : 0),
            job.gone() + (outcome instanceof Outcome.Gone ? 1 : 0),
            job.failed() + (outcome instanceof Outcome.Failed ? 1 : 0),
            failures));
  }

  private synchronized void end(String id, Job.State state) {
    Job job = jobs.get(id);
    if (job != null) {
      jobs.put(
          id,
          new Job(
              id,
              job.action(),
              job.by(),
              job.startedAt(),
              state,
              job.total(),
              job.done(),
              job.gone(),
              job.failed(),
              job.failures()));
    }
  }

  private static void forget(Map<String, ?> oldestFirst, int kept) {
    Collection<String> keys = oldestFirst.keySet();
    while (keys.size() > kept) {
      keys.remove(keys.iterator().next());
    }
  }

  @Override
  public void close() {
    work.shutdownNow();
  }
}
