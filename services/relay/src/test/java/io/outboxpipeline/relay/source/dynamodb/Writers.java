package io.outboxpipeline.relay.source.dynamodb;

import io.outboxpipeline.dynamodb.DynamoOutbox;
import io.outboxpipeline.dynamodb.OutboxFullException;
import io.outboxpipeline.dynamodb.OutboxWrite;
import io.outboxpipeline.dynamodb.OutcomeUnknownException;
import io.outboxpipeline.dynamodb.WriteOutcome;
import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.NewEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.Update;

/** Services that write items with their events, by the real library, and again after a failure. */
final class Writers {
  private static final int ROOM = 4 << 10;

  private record Write(OutboxWrite write, List<UUID> ids, boolean toBeRefused) {}

  private final DynamoOutbox outbox;
  private final Written written;
  private final Random random;
  private final Consumer<String> log;
  private final List<Write> open = new ArrayList<>();

  Writers(
      ModelTable table, Written written, Random random, LongSupplier clock, Consumer<String> log) {
    this.written = written;
    this.random = random;
    this.log = log;
    outbox =
        new DynamoOutbox(
            table, ROOM, Duration.ZERO, () -> Instant.EPOCH.plusNanos(clock.getAsLong()));
  }

  /** Writes one item, or two at once. */
  void begin() {
    OutboxWrite.Builder builder = outbox.prepare();
    List<Aggregate> aggregates = RelaySimulation.AGGREGATES;
    int one = random.nextInt(aggregates.size());
    boolean toBeRefused = random.nextInt(5) == 0;
    add(builder, aggregates.get(one), toBeRefused);
    if (random.nextInt(5) == 0) {
      int other = (one + 1 + random.nextInt(aggregates.size() - 1)) % aggregates.size();
      add(builder, aggregates.get(other), false);
    }
    send(new Write(builder.build(), builder.eventIds(), toBeRefused));
  }

  private void add(OutboxWrite.Builder builder, Aggregate aggregate, boolean toBeRefused) {
    int count = random.nextInt(20) == 0 ? 12 : 1 + random.nextInt(2);
    List<NewEvent> events = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int bytes = random.nextInt(random.nextInt(30) == 0 ? 4_000 : 200);
      events.add(NewEvent.json(aggregate, "test.done", "\"" + "x".repeat(bytes) + "\""));
    }
    builder.update(
        Update.builder()
            .tableName(ModelTable.NAME)
            .key(ModelTable.key(aggregate.id()))
            .updateExpression("ADD #n :one")
            .conditionExpression(
                toBeRefused ? "attribute_exists(#never)" : "attribute_not_exists(#never)")
            .expressionAttributeNames(Map.of("#n", "n", "#never", "never"))
            .expressionAttributeValues(Map.of(":one", AttributeValue.fromN("1")))
            .build(),
        events);
  }

  private void send(Write write) {
    try {
      switch (outbox.write(write.write)) {
        case WriteOutcome.Written w -> {
          log.accept("written: " + write.ids);
          check(!write.toBeRefused, "written against its condition: " + write.ids);
          requireWritten(write, 1);
        }
        case WriteOutcome.Refused r -> {
          check(write.toBeRefused, "refused without a reason: " + write.ids);
          requireWritten(write, 0);
        }
        case WriteOutcome.Outdated o -> throw new AssertionError("no number was given");
      }
    } catch (OutboxFullException e) {
      requireWritten(write, 0);
      if (random.nextBoolean()) {
        open.add(write);
      }
    } catch (OutcomeUnknownException e) {
      open.add(write);
    } catch (SdkException e) {
      requireWritten(write, 0);
      open.add(write);
    }
  }

  private void requireWritten(Write write, int times) {
    for (UUID id : write.ids) {
      long found = written.count(id.toString());
      check(found == times, "written " + found + " times and not " + times + ": " + id);
    }
  }

  private static void check(boolean holds, String what) {
    if (!holds) {
      throw new AssertionError(what);
    }
  }

  /** The same write again, of those whose end nobody knows. */
  void again() {
    if (!open.isEmpty()) {
      send(open.remove(random.nextInt(open.size())));
    }
  }

  /** All of them again. */
  void end() {
    for (int n = open.size(); n > 0; n--) {
      again();
    }
  }

  boolean rest() {
    return open.isEmpty();
  }
}
