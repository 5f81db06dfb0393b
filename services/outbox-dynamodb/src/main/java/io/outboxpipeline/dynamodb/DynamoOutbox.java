package io.outboxpipeline.dynamodb;

import io.outboxpipeline.dynamodb.WriteOutcome.Outdated;
import io.outboxpipeline.dynamodb.WriteOutcome.Refused;
import io.outboxpipeline.dynamodb.WriteOutcome.Written;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.CancellationReason;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.ReturnValue;
import software.amazon.awssdk.services.dynamodb.model.TransactionCanceledException;
import software.amazon.awssdk.services.dynamodb.model.Update;
import software.amazon.awssdk.services.dynamodb.model.UpdateItemRequest;

/**
 * Writes items with their events, once although answers get lost. Thread-safe; the client stays the
 * caller's.
 */
public final class DynamoOutbox {

  /** How many bytes of events may wait in an item if nothing else is said. */
  public static final int DEFAULT_MAX_PENDING = 32 << 10;

  /**
   * A token holds for 10 minutes <a
   * href="https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html">after
   * the request was done</a>; the rest is for clocks and the SDK's own attempts.
   */
  private static final Duration TOKEN = Duration.ofMinutes(8);

  private static final Duration FIRST_PAUSE = Duration.ofMillis(20);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);

  private final DynamoDbClient client;
  private final int maxPendingBytes;
  private final Duration patience;
  private final InstantSource clock;

  /** With 32 KB of events in an item, and 5 seconds' patience. */
  public DynamoOutbox(DynamoDbClient client) {
    this(client, DEFAULT_MAX_PENDING, Duration.ofSeconds(5), InstantSource.system());
  }

  /**
   * @param maxPendingBytes how many bytes of events may wait in an item, 1 KB to 300 KB; one write
   *     into an item in which none waits may have more
   * @param patience how long a write is tried again, at least once; below 8 minutes
   */
  public DynamoOutbox(
      DynamoDbClient client, int maxPendingBytes, Duration patience, InstantSource clock) {
    if (maxPendingBytes < 1 << 10 || maxPendingBytes > 300 << 10) {
      throw new IllegalArgumentException("maxPendingBytes must be 1 KB to 300 KB");
    }
    if (patience.isNegative() || patience.compareTo(TOKEN) >= 0) {
      throw new IllegalArgumentException("patience must be below " + TOKEN);
    }
    this.client = client;
    this.maxPendingBytes = maxPendingBytes;
    this.patience = patience;
    this.clock = clock;
  }

  /** Begins a write. */
  public OutboxWrite.Builder prepare() {
    return new OutboxWrite.Builder(maxPendingBytes, now());
  }

  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MICROS);
  }

  /**
   * Writes all of it or nothing, once: in a transaction with the token that it was built with. What
   * is {@linkplain Retryable retryable} is tried again for as long as the patience says; the same
   * object may be written again by the caller, within 8 minutes.
   *
   * @throws OutboxFullException if too many events wait in an item, until some are sent
   * @throws OutcomeUnknownException if an answer was lost, and the write may be done or not
   * @throws SdkException if DynamoDB refuses it, or is away; then nothing is written
   */
  public WriteOutcome write(OutboxWrite write) {
    Instant end = clock.instant().plus(patience);
    for (int attempt = 1; ; attempt++) {
      if (clock.instant().isAfter(write.firstSent(clock.instant()).plus(TOKEN))) {
        throw new OutcomeUnknownException(
            "the write was sent more than 8 minutes ago", new IllegalStateException("too old"));
      }
      try {
        client.transactWriteItems(write.request());
        return new Written(write.appended());
      } catch (TransactionCanceledException e) {
        WriteOutcome outcome = outcome(write, e);
        if (outcome != null) {
          return outcome;
        }
        pauseOrThrow(e, write.mayBeDone(), attempt, end);
      } catch (SdkException e) {
        if (Retryable.mayBeDone(e)) {
          write.lostAnAnswer();
        }
        pauseOrThrow(e, write.mayBeDone(), attempt, end);
      }
    }
  }

  /**
   * Writes one item with its events by an UpdateItem, at half the price: not repeated where it may
   * be done. The client must have been built with a retry strategy of one attempt, because the SDK
   * would repeat it.
   *
   * @param write of one part, made with {@link OutboxWrite.Builder#update}
   * @throws OutboxFullException if too many events wait in the item, until some are sent
   * @throws OutcomeUnknownException if the answer was lost, and the write may be done or not
   * @throws SdkException if DynamoDB refuses it; then nothing is written
   */
  public WriteOutcome writeUnrepeated(OutboxWrite write) {
    Part part = write.part(0);
    if (part == null || write.parts() != 1) {
      throw new IllegalArgumentException("only an update alone can be written so");
    }
    if (client.serviceClientConfiguration().overrideConfiguration().retryStrategy().stream()
        .noneMatch(s -> s.maxAttempts() == 1)) {
      throw new IllegalStateException(
          "the client repeats calls: build it with DefaultRetryStrategy.doNotRetry()");
    }
    Update u = part.update();
    UpdateItemRequest request =
        UpdateItemRequest.builder()
            .tableName(u.tableName())
            .key(u.key())
            .updateExpression(u.updateExpression())
            .conditionExpression(u.conditionExpression())
            .expressionAttributeNames(u.expressionAttributeNames())
            .expressionAttributeValues(u.expressionAttributeValues())
            .returnValuesOnConditionCheckFailure(u.returnValuesOnConditionCheckFailure())
            .returnValues(ReturnValue.UPDATED_NEW)
            .build();
    Instant end = clock.instant().plus(patience);
    for (int attempt = 1; ; attempt++) {
      try {
        Map<String, AttributeValue> after = client.updateItem(request).attributes();
        long last = PendingEvent.number(after, OutboxAttributes.SEQUENCE).orElseThrow();
        return new Written(part.appended(OptionalLong.of(last - part.ids().size())));
      } catch (ConditionalCheckFailedException e) {
        return judge(part, 0, e.hasItem() ? e.item() : Map.of());
      } catch (SdkException e) {
        if (Retryable.mayBeDone(e)) {
          throw new OutcomeUnknownException("the answer was lost: " + e.getMessage(), e);
        }
        pauseOrThrow(e, false, attempt, end);
      }
    }
  }

  /** What the reasons say; null if none of them is a condition's. */
  private @Nullable WriteOutcome outcome(OutboxWrite write, TransactionCanceledException e) {
    List<CancellationReason> reasons = e.cancellationReasons();
    for (int i = 0; i < reasons.size() && i < write.parts(); i++) {
      CancellationReason reason = reasons.get(i);
      if ("ConditionalCheckFailed".equals(reason.code())) {
        Map<String, AttributeValue> item = reason.hasItem() ? reason.item() : Map.of();
        Part part = write.part(i);
        return part == null ? new Refused(i, item) : judge(part, i, item, write);
      }
    }
    return null;
  }

  private WriteOutcome judge(
      Part part, int n, Map<String, AttributeValue> item, OutboxWrite write) {
    return part.isIn(item) ? new Written(write.appended()) : judge(part, n, item);
  }

  /** Which condition it was, told by the item as it was. */
  private WriteOutcome judge(Part part, int n, Map<String, AttributeValue> item) {
    if (part.isIn(item)) {
      return new Written(part.appended(part.seen()));
    }
    if (part.isOfAnother(item)) {
      throw new IllegalStateException(
          "the item is another aggregate's: " + item.get(OutboxAttributes.AGGREGATE));
    }
    if (part.isOutdated(item)) {
      return new Outdated(n, item);
    }
    if (part.isFull(item, maxPendingBytes)) {
      throw new OutboxFullException(
          "events of "
              + part.aggregate().type()
              + " wait in the item, and there is no room for more until they are sent");
    }
    return new Refused(n, item);
  }

  private void pauseOrThrow(SdkException e, boolean lost, int attempt, Instant end) {
    if (Retryable.tooLarge(e)) {
      throw new OutboxFullException(
          "the item would have more than 400 KB: it takes no more events until some are sent");
    }
    if (!Retryable.test(e) || !clock.instant().isBefore(end) || !pause(attempt)) {
      if (lost) {
        throw new OutcomeUnknownException("an answer was lost: " + e.getMessage(), e);
      }
      throw e;
    }
  }

  /** Waits, with full jitter; false if interrupted. */
  private static boolean pause(int attempt) {
    long most =
        Math.min(LONGEST_PAUSE.toMillis(), FIRST_PAUSE.toMillis() << Math.min(attempt - 1, 10));
    try {
      Thread.sleep(ThreadLocalRandom.current().nextLong(most + 1));
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
