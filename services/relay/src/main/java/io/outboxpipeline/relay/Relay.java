package io.outboxpipeline.relay;

import io.outboxpipeline.ownership.Grant;
import io.outboxpipeline.ownership.PartitionWork;
import io.outboxpipeline.relay.backlog.Backlog;
import io.outboxpipeline.relay.backlog.Limits;
import io.outboxpipeline.relay.backlog.Summary;
import io.outboxpipeline.relay.send.Queue;
import io.outboxpipeline.relay.send.SendLoop;
import io.outboxpipeline.relay.source.Source;
import io.outboxpipeline.relay.source.Standing;
import io.outboxpipeline.runtime.Tracing;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** A source, a backlog and a queue, and what ownership tells them. Thread-safe. */
final class Relay implements PartitionWork, AutoCloseable {

  /**
   * How a relay sends.
   *
   * @param requestTimeout of one request to the queue
   * @param concurrency requests at once
   * @param drainTimeout how long a partition that moves away waits for what is on its way
   */
  record Settings(Limits limits, Duration requestTimeout, int concurrency, Duration drainTimeout) {}

  private final Settings settings;
  private final Source source;
  private final Backlog backlog;
  private final SendLoop send;
  private final Consumer<Grant> drained;
  private final ScheduledExecutorService timeouts =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofVirtual().name("drain-timeout").factory());

  /**
   * @param findQueue finds the queue, or throws an SdkException
   * @param maySend whether this member may send now
   * @param drained told of a draining grant that has nothing on its way; returns at once
   */
  Relay(
      Settings settings,
      Source source,
      Supplier<Queue> findQueue,
      BooleanSupplier maySend,
      Consumer<Grant> drained,
      RelayMetrics metrics,
      Tracing tracing) {
    this.settings = settings;
    this.source = source;
    this.drained = drained;
    backlog = new Backlog(settings.limits(), source);
    send =
        new SendLoop(
            backlog,
            findQueue,
            () -> maySend.getAsBoolean() && source.records(),
            metrics,
            tracing,
            settings.requestTimeout(),
            settings.concurrency());
  }

  void start() {
    source.start(backlog);
    send.start();
  }

  @Override
  public void start(Grant grant) {
    backlog.own(grant);
    source.follow(grant);
  }

  @Override
  public void drain(Grant grant) {
    if (!source.stop(grant)) {
      drained.accept(grant);
      return;
    }
    backlog.drain(grant);
    var _ =
        timeouts.schedule(
            () -> giveUp(grant), settings.drainTimeout().toMillis(), TimeUnit.MILLISECONDS);
  }

  /** What can't be sent or recorded in time, the next owner sends again. */
  private void giveUp(Grant grant) {
    backlog.stopWaiting(grant);
    source.giveUp(grant);
  }

  @Override
  public void abandon(Grant grant) {
    backlog.forget(grant);
    source.forget(grant);
  }

  /** The fence has a newer epoch for this grant's partition. */
  void fencedOut(Grant grant) {
    backlog.forget(grant);
  }

  /** Why events do not flow, if so. */
  Optional<String> trouble() {
    return sourceTrouble().or(this::queueTrouble);
  }

  /** Why they are not read, or not deleted, if so. */
  Optional<String> sourceTrouble() {
    return source.trouble();
  }

  /** Why they are not sent, if so. */
  Optional<String> queueTrouble() {
    return send.trouble();
  }

  /** Whether all loops run. */
  boolean alive() {
    return source.alive() && send.isAlive();
  }

  Summary summary() {
    return backlog.summary();
  }

  Standing standing() {
    return source.standing();
  }

  /** Events of the owned partitions that wait, as far as is known. */
  long waiting() {
    return Math.max(source.standing().waiting(), backlog.summary().rows());
  }

  /** When the oldest event was written that is in memory, or holds its aggregate. */
  Optional<Instant> oldest() {
    Optional<Instant> sent = backlog.summary().oldest();
    Optional<Instant> held = source.standing().oldestHeld();
    return sent.isPresent() && held.isPresent()
        ? sent.map(s -> s.isBefore(held.get()) ? s : held.get())
        : sent.or(() -> held);
  }

  /** The age of that event in seconds; 0 if there is none. */
  double oldestSeconds() {
    return oldest()
        .map(since -> Math.max(0, Duration.between(since, Instant.now()).toMillis() / 1000.0))
        .orElse(0.0);
  }

  /** Ends the loops, the readers first; what was acknowledged is deleted. */
  @Override
  public void close() {
    timeouts.shutdownNow();
    source.endReading();
    send.close();
    source.close();
  }
}
