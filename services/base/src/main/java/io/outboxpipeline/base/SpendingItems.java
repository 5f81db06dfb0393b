package io.outboxpipeline.base;

import static java.util.Objects.requireNonNull;
import static software.amazon.awssdk.services.dynamodb.model.AttributeValue.fromN;
import static software.amazon.awssdk.services.dynamodb.model.AttributeValue.fromS;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * The items of the one table. Its key is {@code pk} and {@code sk}, both texts:
 *
 * <pre>
 * identity#ada   total                the aggregate: total, spendings, and the outbox's attributes
 * identity#ada   000000000000000001   her first spending; the sort key is the event's number
 * spending#4711  spending             whose spending has this id, and its number
 * key#4f1c       key                  what an Idempotency-Key was used for, until {@code expires}
 * </pre>
 *
 * <p>So a list is one strongly consistent query. The aggregate has no attribute by which it
 * expires. Without state.
 */
final class SpendingItems {
  static final String PK = "pk";
  static final String SK = "sk";

  /** When an item may be deleted, in seconds since 1970: keys alone have it. */
  static final String EXPIRES = "expires";

  static final String ID = "id";
  static final String IDENTITY = "identity";
  static final String SEQUENCE = "sequence";
  static final String DIGEST = "digest";

  private SpendingItems() {}

  static Map<String, AttributeValue> total(String identity) {
    return key("identity#" + identity, "total");
  }

  static Map<String, AttributeValue> spending(String identity, long sequence) {
    return key("identity#" + identity, place(sequence));
  }

  /** Sorts as the number does, and before all else. */
  static String place(long sequence) {
    return String.format(Locale.ROOT, "%018d", sequence);
  }

  static Map<String, AttributeValue> id(long id) {
    return key("spending#" + id, "spending");
  }

  static Map<String, AttributeValue> idempotencyKey(String key) {
    return key("key#" + key, "key");
  }

  private static Map<String, AttributeValue> key(String pk, String sk) {
    return Map.of(PK, fromS(pk), SK, fromS(sk));
  }

  /** What an item says of a spending, its key apart. */
  static Map<String, AttributeValue> attributes(Spending spending) {
    NewSpending what = spending.what();
    return Map.of(
        ID,
        fromN(Long.toString(spending.id())),
        "event_id",
        fromS(spending.eventId().toString()),
        SEQUENCE,
        fromN(Long.toString(spending.sequence())),
        IDENTITY,
        fromS(what.identity()),
        "name",
        fromS(what.name()),
        "surname",
        fromS(what.surname()),
        "amount",
        fromN(what.amount().toPlainString()),
        "created_at",
        fromS(spending.createdAt().toString()));
  }

  static Spending spending(Map<String, AttributeValue> item) {
    return new Spending(
        number(item, ID),
        UUID.fromString(of(item, "event_id").s()),
        number(item, SEQUENCE),
        new NewSpending(
            of(item, IDENTITY).s(),
            of(item, "name").s(),
            of(item, "surname").s(),
            // A number of DynamoDB has no zeros at its end.
            new BigDecimal(of(item, "amount").n()).setScale(2)),
        Instant.parse(of(item, "created_at").s()));
  }

  static long number(Map<String, AttributeValue> item, String attribute) {
    return Long.parseLong(of(item, attribute).n());
  }

  static AttributeValue of(Map<String, AttributeValue> item, String attribute) {
    return requireNonNull(item.get(attribute), attribute);
  }
}
