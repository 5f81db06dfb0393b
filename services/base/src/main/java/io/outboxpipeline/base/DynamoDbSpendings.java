package io.outboxpipeline.base;

import static io.outboxpipeline.base.SpendingItems.DIGEST;
import static io.outboxpipeline.base.SpendingItems.EXPIRES;
import static io.outboxpipeline.base.SpendingItems.IDENTITY;
import static io.outboxpipeline.base.SpendingItems.PK;
import static io.outboxpipeline.base.SpendingItems.SEQUENCE;
import static io.outboxpipeline.base.SpendingItems.SK;
import static software.amazon.awssdk.services.dynamodb.model.AttributeValue.fromB;
import static software.amazon.awssdk.services.dynamodb.model.AttributeValue.fromN;
import static software.amazon.awssdk.services.dynamodb.model.AttributeValue.fromS;

import io.outboxpipeline.dynamodb.DynamoOutbox;
import io.outboxpipeline.dynamodb.OutboxAttributes;
import io.outboxpipeline.dynamodb.OutboxWrite;
import io.outboxpipeline.dynamodb.Retryable;
import io.outboxpipeline.dynamodb.WriteOutcome;
import io.outboxpipeline.runtime.DatabaseErrors;
import io.outboxpipeline.runtime.Deadline;
import java.security.MessageDigest;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItem;
import software.amazon.awssdk.services.dynamodb.model.Update;

/** The table of spendings in DynamoDB. Thread-safe; the client stays the caller's. */
final class DynamoDbSpendings {
  /** Beyond this, JavaScript does not count one by one. */
  private static final long MAX_ID = (1L << 53) - 1;

  /** The last number that has a place. */
  private static final long LAST = 999_999_999_999_999_999L;

  private static final Duration FIRST_PAUSE = Duration.ofMillis(10);
  private static final Duration LONGEST_PAUSE = Duration.ofMillis(500);

  /** A write can't be tried for longer. */
  private static final Duration MOST_PATIENCE = Duration.ofMinutes(7);

  /** Where the spending is in a write: after the aggregate. */
  private static final int SPENDING = 1;

  private final DynamoDbClient client;
  private final String table;
  private final Turns turns;
  private final InstantSource clock;
  private final Duration requestTimeout;
  private final Duration retention;

  /**
   * @param turns of the identities: a write that another one overtakes is paid for, and done again
   */
  DynamoDbSpendings(
      DynamoDbClient client,
      String table,
      Turns turns,
      InstantSource clock,
      Duration requestTimeout,
      Duration retention) {
    this.client = client;
    this.table = table;
    this.turns = turns;
    this.clock = clock;
    this.requestTimeout = requestTimeout;
    this.retention = retention;
  }

  /**
   * Writes the spending, its event and its idempotency key: all of them or none.
   *
   * @throws io.outboxpipeline.dynamodb.OutboxFullException if too many events of the identity wait
   * @throws io.outboxpipeline.dynamodb.OutcomeUnknownException if it may be written, or not
   */
  Recorded record(NewSpending spending, Optional<String> key) throws SQLException {
    Deadline deadline = Deadline.in(requestTimeout);
    return turns.run(spending.identity(), deadline, () -> record(spending, key, deadline));
  }

  private Recorded record(NewSpending what, Optional<String> key, Deadline deadline) {
    for (int attempt = 1; ; attempt++) {
      Optional<Recorded> before = key.flatMap(k -> earlier(what, k, deadline));
      if (before.isPresent()) {
        return before.get();
      }
      long seen = lastNumber(what.identity(), deadline);
      Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
      var outbox =
          new DynamoOutbox(client, DynamoOutbox.DEFAULT_MAX_PENDING, patience(deadline), clock);
      OutboxWrite.Builder write =
          outbox.prepare().updateAt(seen, count(what), List.of(what.event(now)));
      long id = ThreadLocalRandom.current().nextLong(1, MAX_ID);
      var spending = new Spending(id, write.eventIds().getFirst(), seen + 1, what, now);
      var place = SpendingItems.spending(what.identity(), spending.sequence());
      write.also(create(place, SpendingItems.attributes(spending)));
      write.also(create(SpendingItems.id(id), reference(spending)));
      key.ifPresent(k -> write.also(create(SpendingItems.idempotencyKey(k), used(spending, now))));
      switch (outbox.write(write.build())) {
        case WriteOutcome.Written w -> {
          return new Recorded.Created(spending);
        }
        case WriteOutcome.Refused(int part, var item) when part == SPENDING ->
            throw new IllegalStateException(
                "the number of an identity went back: its spending " + seen + " is not the last");
        // Another one was first: of the identity, with the key, or, hardly ever, with the id.
        case WriteOutcome.Refused r -> pause(attempt, deadline);
        case WriteOutcome.Outdated o -> pause(attempt, deadline);
      }
    }
  }

  private static Duration patience(Deadline deadline) {
    Duration left = deadline.remaining();
    return left.compareTo(MOST_PATIENCE) < 0 ? left : MOST_PATIENCE;
  }

  private Update count(NewSpending spending) {
    return Update.builder()
        .tableName(table)
        .key(SpendingItems.total(spending.identity()))
        .updateExpression("SET #identity = :identity ADD #total :amount, spendings :one")
        .expressionAttributeNames(Map.of("#identity", IDENTITY, "#total", "total"))
        .expressionAttributeValues(
            Map.of(
                ":identity", fromS(spending.identity()),
                ":amount", fromN(spending.amount().toPlainString()),
                ":one", fromN("1")))
        .build();
  }

  private TransactWriteItem create(
      Map<String, AttributeValue> key, Map<String, AttributeValue> attributes) {
    Map<String, AttributeValue> item = new HashMap<>(attributes);
    item.putAll(key);
    return TransactWriteItem.builder()
        .put(p -> p.tableName(table).item(item).conditionExpression("attribute_not_exists(pk)"))
        .build();
  }

  private static Map<String, AttributeValue> reference(Spending spending) {
    return Map.of(
        IDENTITY, fromS(spending.what().identity()),
        SEQUENCE, fromN(Long.toString(spending.sequence())));
  }

  private Map<String, AttributeValue> used(Spending spending, Instant now) {
    Map<String, AttributeValue> used = new HashMap<>(reference(spending));
    used.put(DIGEST, fromB(SdkBytes.fromByteArray(spending.what().digest())));
    used.put(EXPIRES, fromN(Long.toString(now.plus(retention).getEpochSecond() + 1)));
    return used;
  }

  private Optional<Recorded> earlier(NewSpending spending, String key, Deadline deadline) {
    return get(SpendingItems.idempotencyKey(key), deadline)
        .map(
            used -> {
              byte[] digest = SpendingItems.of(used, DIGEST).b().asByteArray();
              return MessageDigest.isEqual(digest, spending.digest())
                  ? new Recorded.Replayed(referred(used, deadline))
                  : new Recorded.KeyTaken();
            });
  }

  private Spending referred(Map<String, AttributeValue> reference, Deadline deadline) {
    String identity = SpendingItems.of(reference, IDENTITY).s();
    long sequence = SpendingItems.number(reference, SEQUENCE);
    return get(SpendingItems.spending(identity, sequence), deadline)
        .map(SpendingItems::spending)
        .orElseThrow(() -> new IllegalStateException("spending " + sequence + " is gone"));
  }

  private long lastNumber(String identity, Deadline deadline) {
    return get(SpendingItems.total(identity), deadline)
        .filter(item -> item.containsKey(OutboxAttributes.SEQUENCE))
        .map(item -> SpendingItems.number(item, OutboxAttributes.SEQUENCE))
        .orElse(0L);
  }

  /** One spending. */
  Optional<Spending> find(long id) {
    Deadline deadline = Deadline.in(requestTimeout);
    return get(SpendingItems.id(id), deadline).map(reference -> referred(reference, deadline));
  }

  /**
   * An identity's spendings in the order in which they committed.
   *
   * @param after the sequence to begin after
   */
  List<Spending> list(String identity, long after, int limit) {
    Map<String, AttributeValue> first = SpendingItems.spending(identity, after + 1);
    Map<String, AttributeValue> last = SpendingItems.spending(identity, LAST);
    return patiently(
        Deadline.in(requestTimeout),
        () ->
            client
                .queryPaginator(
                    r ->
                        r.tableName(table)
                            .consistentRead(true)
                            .limit(limit)
                            .keyConditionExpression("pk = :pk AND sk BETWEEN :first AND :last")
                            .expressionAttributeValues(
                                Map.of(
                                    ":pk", SpendingItems.of(first, PK),
                                    ":first", SpendingItems.of(first, SK),
                                    ":last", SpendingItems.of(last, SK))))
                .items()
                .stream()
                .limit(limit)
                .map(SpendingItems::spending)
                .toList());
  }

  private Optional<Map<String, AttributeValue>> get(
      Map<String, AttributeValue> key, Deadline deadline) {
    Map<String, AttributeValue> item =
        patiently(
            deadline,
            () -> client.getItem(r -> r.tableName(table).key(key).consistentRead(true)).item());
    return item.isEmpty() ? Optional.empty() : Optional.of(item);
  }

  /** Reads, again while it is throttled or an answer is lost. */
  private static <T> T patiently(Deadline deadline, Supplier<T> read) {
    for (int attempt = 1; ; attempt++) {
      try {
        return read.get();
      } catch (SdkException e) {
        if (!Retryable.test(e) || !deadline.allows(longest(attempt))) {
          throw e;
        }
        pause(attempt, deadline);
      }
    }
  }

  private static Duration longest(int attempt) {
    Duration pause = FIRST_PAUSE.multipliedBy(1L << Math.min(attempt - 1, 6));
    return pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE;
  }

  /**
   * Waits, with full jitter.
   *
   * @throws io.outboxpipeline.runtime.ProblemException 503 if the deadline passes before
   */
  private static void pause(int attempt, Deadline deadline) {
    if (!deadline.allows(longest(attempt))) {
      throw DatabaseErrors.busy();
    }
    try {
      Thread.sleep(ThreadLocalRandom.current().nextLong(longest(attempt).toMillis() + 1));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw DatabaseErrors.busy();
    }
  }
}
