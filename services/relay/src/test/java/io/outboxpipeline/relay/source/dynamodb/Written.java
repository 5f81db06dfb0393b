package io.outboxpipeline.relay.source.dynamodb;

import io.outboxpipeline.dynamodb.OutboxAttributes;
import io.outboxpipeline.dynamodb.PendingEvent;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.NullUnmarked;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** What was ever written to a table's items, checked at each change of them. */
@NullUnmarked // an attribute that is missing fails the test
final class Written {
  private final Map<String, List<String>> ids = new HashMap<>();
  private final Set<String> acknowledged = new HashSet<>();

  /** The ids of an item's events by number, the first one's at 0. */
  List<String> of(String key) {
    return ids.getOrDefault(key, List.of());
  }

  /** How often an event was written. */
  long count(String id) {
    return ids.values().stream().flatMap(List::stream).filter(id::equals).count();
  }

  /** The queue has it, and said so. */
  void acknowledged(String id) {
    acknowledged.add(id);
  }

  void changed(String key, Map<String, AttributeValue> before, Map<String, AttributeValue> after) {
    List<PendingEvent> old = events(before);
    List<PendingEvent> now = events(after);
    List<String> all = ids.computeIfAbsent(key, k -> new ArrayList<>());
    Set<String> waited = old.stream().map(PendingEvent::id).collect(Collectors.toSet());
    now.stream().map(PendingEvent::id).filter(id -> !waited.contains(id)).forEach(all::add);

    long last = number(after, OutboxAttributes.SEQUENCE);
    check(last == all.size(), "its number is " + last + " after " + all.size() + " events", key);
    check(
        now.stream()
            .map(PendingEvent::id)
            .toList()
            .equals(all.subList(all.size() - now.size(), all.size())),
        "an event was taken out of the middle",
        key);
    Set<String> left = now.stream().map(PendingEvent::id).collect(Collectors.toSet());
    for (PendingEvent gone : old) {
      check(
          left.contains(gone.id()) || acknowledged.contains(gone.id()),
          "removed and not acknowledged: " + gone.id(),
          key);
    }
    if (now.isEmpty()) {
      for (String attribute :
          List.of(
              OutboxAttributes.EVENTS,
              OutboxAttributes.SLOT,
              OutboxAttributes.SHARD,
              OutboxAttributes.SINCE,
              OutboxAttributes.BYTES)) {
        check(!after.containsKey(attribute), attribute + " is left although nothing waits", key);
      }
    } else {
      check(after.containsKey(OutboxAttributes.SLOT), "events wait and the index has none", key);
      long bytes = now.stream().mapToLong(PendingEvent::bytes).sum();
      check(number(after, OutboxAttributes.BYTES) == bytes, "its bytes are not the events'", key);
      check(
          number(after, OutboxAttributes.SINCE)
              == PendingEvent.micros(now.getFirst().at().orElseThrow()),
          "its time is not the oldest event's",
          key);
    }
  }

  private static List<PendingEvent> events(Map<String, AttributeValue> item) {
    AttributeValue list = item.get(OutboxAttributes.EVENTS);
    return list == null
        ? List.of()
        : list.l().stream()
            .map(
                e ->
                    new PendingEvent(
                        e.m().get(PendingEvent.ID).s(),
                        Integer.parseInt(e.m().get("n").n()),
                        Optional.empty(),
                        e.m()))
            .toList();
  }

  private static long number(Map<String, AttributeValue> item, String attribute) {
    AttributeValue value = item.get(attribute);
    return value == null ? 0 : Long.parseLong(value.n());
  }

  private static void check(boolean holds, String what, String key) {
    if (!holds) {
      throw new AssertionError(key + ": " + what);
    }
  }
}
