package io.outboxpipeline.dynamodb;

import static io.outboxpipeline.dynamodb.OutboxAttributes.AGGREGATE;
import static io.outboxpipeline.dynamodb.OutboxAttributes.BYTES;
import static io.outboxpipeline.dynamodb.OutboxAttributes.EVENTS;
import static io.outboxpipeline.dynamodb.OutboxAttributes.PREFIX;
import static io.outboxpipeline.dynamodb.OutboxAttributes.SEQUENCE;
import static io.outboxpipeline.dynamodb.OutboxAttributes.SHARD;
import static io.outboxpipeline.dynamodb.OutboxAttributes.SINCE;
import static io.outboxpipeline.dynamodb.OutboxAttributes.SLOT;

import com.fasterxml.uuid.Generators;
import com.fasterxml.uuid.NoArgGenerator;
import io.outboxpipeline.dynamodb.UpdateClauses.Clause;
import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.NewEvent;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ReturnValuesOnConditionCheckFailure;
import software.amazon.awssdk.services.dynamodb.model.Update;

/**
 * One update with its events: the caller's clauses and the outbox's in one.
 *
 * @param update as it is sent
 * @param seen the item's number that it is for; empty if it is for any
 * @param ids of the events, in order
 * @param bytes that the events count for
 */
record Part(Update update, Aggregate aggregate, OptionalLong seen, List<UUID> ids, long bytes) {

  private static final NoArgGenerator IDS = Generators.timeBasedEpochGenerator();

  /** An item has 400 KB at most, names and the rest of it included. */
  private static final int MAX_BYTES = 350 << 10;

  static Part of(
      Update caller, OptionalLong seen, List<NewEvent> events, int maxPending, Instant now) {
    Aggregate aggregate = aggregate(events);
    List<UUID> ids = events.stream().map(e -> IDS.generate()).collect(Collectors.toList());
    List<AttributeValue> elements = new ArrayList<>();
    for (int i = 0; i < events.size(); i++) {
      elements.add(PendingEvent.of(events.get(i), ids.get(i), now));
    }
    long bytes = elements.stream().mapToLong(e -> PendingEvent.read(e).bytes()).sum();
    if (bytes > MAX_BYTES) {
      throw new IllegalArgumentException(
          "the events have " + bytes + " bytes, and an item can't keep more than " + MAX_BYTES);
    }
    Update merged =
        new Merge(caller)
            .name(EVENTS)
            .name(SEQUENCE)
            .name(SLOT)
            .name(SHARD)
            .name(SINCE)
            .name(BYTES)
            .name(AGGREGATE)
            .value("none", AttributeValue.fromL(List.of()))
            .value("new", AttributeValue.fromL(elements))
            .value("slot", PendingEvent.number(aggregate.slot()))
            .value("shard", PendingEvent.number(OutboxAttributes.shard(aggregate.slot())))
            .value("now", PendingEvent.number(PendingEvent.micros(now)))
            .value("count", PendingEvent.number(events.size()))
            .value("bytes", PendingEvent.number(bytes))
            .value("aggregate", pair(aggregate))
            .value("room", PendingEvent.number(maxPending - bytes))
            .seen(seen)
            .merged();
    return new Part(merged, aggregate, seen, List.copyOf(ids), bytes);
  }

  static AttributeValue pair(Aggregate aggregate) {
    return AttributeValue.fromL(
        List.of(AttributeValue.fromS(aggregate.type()), AttributeValue.fromS(aggregate.id())));
  }

  private static Aggregate aggregate(List<NewEvent> events) {
    if (events.isEmpty() || events.stream().map(NewEvent::aggregate).distinct().count() != 1) {
      throw new IllegalArgumentException(
          "an item's update has events of the one aggregate that the item is, one at least");
    }
    return events.get(0).aggregate();
  }

  /** Whether an item, as it was when a condition failed, has these events already. */
  boolean isIn(Map<String, AttributeValue> item) {
    AttributeValue list = item.get(EVENTS);
    return list != null
        && list.hasL()
        && list.l().stream().anyMatch(e -> PendingEvent.read(e).id().equals(ids.get(0).toString()));
  }

  /** Whether there is no room in the item. */
  boolean isFull(Map<String, AttributeValue> item, int maxPending) {
    return PendingEvent.number(item, BYTES).filter(b -> b > maxPending - bytes).isPresent();
  }

  boolean isOfAnother(Map<String, AttributeValue> item) {
    AttributeValue pair = item.get(AGGREGATE);
    return pair != null && !pair.equals(pair(aggregate));
  }

  boolean isOutdated(Map<String, AttributeValue> item) {
    return seen.isPresent() && PendingEvent.number(item, SEQUENCE).orElse(0L) != seen.getAsLong();
  }

  /** The events, numbered from the item's number before them, if that is known. */
  List<Appended> appended(OptionalLong before) {
    List<Appended> appended = new ArrayList<>();
    for (int i = 0; i < ids.size(); i++) {
      OptionalLong number =
          before.isPresent() ? OptionalLong.of(before.getAsLong() + 1 + i) : OptionalLong.empty();
      appended.add(new Appended(ids.get(i), number));
    }
    return appended;
  }

  /** The caller's update, and what is added to it by placeholders. */
  private static final class Merge {
    private final Update caller;
    private final Map<String, String> names = new HashMap<>();
    private final Map<String, AttributeValue> values = new HashMap<>();
    private OptionalLong seen = OptionalLong.empty();

    Merge(Update caller) {
      this.caller = caller;
      if (caller.hasExpressionAttributeNames()) {
        names.putAll(caller.expressionAttributeNames());
      }
      if (caller.hasExpressionAttributeValues()) {
        values.putAll(caller.expressionAttributeValues());
      }
      refuseOurs(caller.updateExpression());
      refuseOurs(caller.conditionExpression());
      names.forEach(
          (placeholder, name) -> {
            refuseOurs(placeholder);
            refuseOurs(name);
          });
      values.keySet().forEach(Merge::refuseOurs);
    }

    private static void refuseOurs(@Nullable String text) {
      if (text != null && text.matches("(?s).*(^|[^A-Za-z0-9_])" + PREFIX + ".*")) {
        throw new IllegalArgumentException(
            "names that begin with " + PREFIX + " are the outbox's own: " + text);
      }
    }

    Merge name(String attribute) {
      names.put("#" + attribute, attribute);
      return this;
    }

    Merge value(String name, AttributeValue value) {
      values.put(":" + PREFIX + name, value);
      return this;
    }

    Merge seen(OptionalLong number) {
      seen = number;
      number.ifPresent(
          n -> {
            if (n > 0) {
              value("seen", PendingEvent.number(n));
            }
          });
      return this;
    }

    Update merged() {
      String own = caller.updateExpression();
      UpdateClauses clauses = own == null ? new UpdateClauses() : UpdateClauses.parse(own);
      clauses
          .and(
              Clause.SET,
              "#obt_events = list_append(if_not_exists(#obt_events, :obt_none), :obt_new)")
          .and(Clause.SET, "#obt_slot = :obt_slot")
          .and(Clause.SET, "#obt_shard = :obt_shard")
          .and(Clause.SET, "#obt_since = if_not_exists(#obt_since, :obt_now)")
          .and(Clause.SET, "#obt_aggregate = :obt_aggregate")
          .and(Clause.ADD, "#obt_seq :obt_count")
          .and(Clause.ADD, "#obt_bytes :obt_bytes");
      return caller.toBuilder()
          .updateExpression(clauses.text())
          .conditionExpression(condition())
          .expressionAttributeNames(names)
          .expressionAttributeValues(values)
          .returnValuesOnConditionCheckFailure(ReturnValuesOnConditionCheckFailure.ALL_OLD)
          .build();
    }

    private String condition() {
      String ours =
          "(attribute_not_exists(#obt_bytes) OR #obt_bytes <= :obt_room)"
              + " AND (attribute_not_exists(#obt_aggregate) OR #obt_aggregate = :obt_aggregate)";
      if (seen.isPresent()) {
        ours +=
            seen.getAsLong() > 0
                ? " AND #obt_seq = :obt_seen"
                : " AND attribute_not_exists(#obt_seq)";
      }
      String own = caller.conditionExpression();
      if (own == null || own.isBlank()) {
        return ours;
      }
      requireClosed(own);
      return "(" + own + ") AND " + ours;
    }

    private static void requireClosed(String condition) {
      int depth = 0;
      for (int i = 0; i < condition.length(); i++) {
        char c = condition.charAt(i);
        depth += c == '(' ? 1 : c == ')' ? -1 : 0;
        if (depth < 0) {
          break;
        }
      }
      if (depth != 0) {
        throw new IllegalArgumentException("brackets do not close: " + condition);
      }
    }
  }
}
