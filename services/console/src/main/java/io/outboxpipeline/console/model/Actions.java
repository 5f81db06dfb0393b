package io.outboxpipeline.console.model;

import io.outboxpipeline.console.model.KeptJobs.Begun;
import io.outboxpipeline.console.model.Problem.Action;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Actions on many problems of one pipeline: first a look that changes nothing, then exactly what
 * was seen, one problem after the other at a bounded rate. Relay and consumer keep the action and
 * carry it out, so it outlives this process; what is said of services that keep none stands at
 * {@link DrivenJobs}. Thread-safe.
 */
public final class Actions implements AutoCloseable {
  private static final Duration SNAPSHOT_KEPT = Duration.ofMinutes(15);
  private static final int SNAPSHOTS = 50;
  private static final int JOBS_SHOWN = 20;

  private final Pipeline pipeline;
  private final InstantSource clock;
  private final KeptJobs kept;
  private final DrivenJobs driven;
  private final Map<String, Snapshot> snapshots = new LinkedHashMap<>();

  /**
   * @param pause between two decisions of a job; 1 ms at least
   */
  public Actions(Pipeline pipeline, InstantSource clock, Duration pause) {
    this.pipeline = pipeline;
    this.clock = clock;
    kept = new KeptJobs(pipeline, (int) Math.max(1, Duration.ofSeconds(1).dividedBy(pause)));
    driven = new DrivenJobs(pipeline, clock, pause);
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

  /** What came of an action that was asked for. */
  public sealed interface Answered {
    /** All of it is under way, or done. */
    record Begun(Job job) implements Answered {}

    /** There is no such snapshot, or no longer, or it has another count. */
    record NoSnapshot() implements Answered {}

    /** A service did not take its part. To ask for the same again begins no part twice. */
    record Trouble(String why) implements Answered {}
  }

  /**
   * Begins an action on a snapshot. The same snapshot twice is the same job.
   *
   * @param count how many the caller was shown
   * @param why kept with each decision; says who decided, too
   */
  public Answered act(String snapshot, int count, String why) {
    Optional<Snapshot> seen = snapshot(snapshot);
    if (seen.isEmpty()) {
      return job(snapshot).<Answered>map(Answered.Begun::new).orElseGet(Answered.NoSnapshot::new);
    }
    Snapshot s = seen.get();
    if (s.items().isEmpty() || s.items().size() != count) {
      return new Answered.NoSnapshot();
    }
    Begun begun = kept.begin(s, why);
    List<Job> parts = new ArrayList<>(begun.jobs());
    if (!begun.left().isEmpty()) {
      parts.add(driven.begin(s.id(), s.action(), begun.left(), why));
    }
    return begun.troubles().isEmpty()
        ? new Answered.Begun(Job.merged(parts))
        : new Answered.Trouble(String.join(" ", begun.troubles()));
  }

  /** A job, as far as the services and this process know it. */
  public Optional<Job> job(String id) {
    List<Job> parts = new ArrayList<>(kept.find(id));
    driven.find(id).ifPresent(parts::add);
    return parts.isEmpty() ? Optional.empty() : Optional.of(Job.merged(parts));
  }

  /** The last jobs, the newest first. */
  public List<Job> jobs() {
    Map<String, List<Job>> parts = new LinkedHashMap<>();
    List<Job> all = new ArrayList<>(kept.last());
    all.addAll(driven.all());
    all.forEach(j -> parts.computeIfAbsent(j.id(), id -> new ArrayList<>()).add(j));
    return parts.values().stream()
        .map(Job::merged)
        .sorted(Comparator.comparing(Job::startedAt).reversed())
        .limit(JOBS_SHOWN)
        .toList();
  }

  /**
   * Ends a job that runs.
   *
   * @param why kept by the services; says who decided, too
   */
  public void stop(String id, String why) {
    kept.stop(id, why);
    driven.stop(id);
  }

  static void forget(Map<String, ?> oldestFirst, int kept) {
    Collection<String> keys = oldestFirst.keySet();
    while (keys.size() > kept) {
      keys.remove(keys.iterator().next());
    }
  }

  @Override
  public void close() {
    driven.close();
  }
}
