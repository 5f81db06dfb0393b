package io.outboxpipeline.relay.source.dynamodb;

import io.outboxpipeline.dynamodb.OutboxAttributes;
import io.outboxpipeline.ownership.Grant;
import io.outboxpipeline.relay.backlog.Backlog;
import io.outboxpipeline.relay.backlog.Limits;
import io.outboxpipeline.relay.backlog.Message;
import io.outboxpipeline.relay.source.Source;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.IntToLongFunction;
import java.util.function.LongSupplier;

/**
 * One relay, all of its source and its backlog, without threads: whoever has it takes its turns.
 */
final class ModelRelay {
  static final Limits SMALL = new Limits(60, 40_000, 24, 60, 5, 4, 1500);
  static final Duration IDLE = Duration.ofMillis(500);

  final DynamoDbSource source;
  final Backlog backlog;
  final ReadLoop loop;

  /** Calls that were begun, and requests that SQS has not answered. */
  final List<Runnable> calls = new ArrayList<>();

  final List<List<Message>> underWay = new ArrayList<>();

  ModelRelay(
      ModelTable table,
      Random random,
      LongSupplier clock,
      IntToLongFunction fence,
      Source.Listener listener) {
    source =
        new DynamoDbSource(
            new DynamoDbSource.Settings(
                Optional.of(URI.create("/test")),
                ModelTable.NAME,
                OutboxAttributes.INDEX,
                Optional.empty(),
                IDLE),
            table,
            () -> URI.create("/test"),
            fence,
            () -> {},
            listener,
            new Means(clock, calls::add, random));
    backlog = new Backlog(SMALL, source);
    loop = source.prepare(backlog);
  }

  void own(Grant grant) {
    backlog.own(grant);
    source.follow(grant);
  }

  /**
   * Lets a partition go.
   *
   * @return false if the source does not follow it
   */
  boolean drain(Grant grant) {
    boolean follows = source.stop(grant);
    if (follows) {
      backlog.drain(grant);
    }
    return follows;
  }

  void giveUp(Grant grant) {
    backlog.stopWaiting(grant);
    source.giveUp(grant);
  }

  void abandon(Grant grant) {
    backlog.forget(grant);
    source.forget(grant);
  }

  boolean rests() {
    return underWay.isEmpty() && backlog.isEmpty() && source.standing().unrecorded() == 0;
  }
}
