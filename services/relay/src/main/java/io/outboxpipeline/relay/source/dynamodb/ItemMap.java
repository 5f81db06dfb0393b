package io.outboxpipeline.relay.source.dynamodb;

import io.outboxpipeline.outbox.Aggregate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The items that are known to have events that wait. Not thread-safe. */
final class ItemMap {
  private final Map<ItemKey, Item> byKey = new LinkedHashMap<>();
  private final Map<Aggregate, Item> byAggregate = new HashMap<>();

  @Nullable Item get(ItemKey key) {
    return byKey.get(key);
  }

  @Nullable Item of(Aggregate aggregate) {
    return byAggregate.get(aggregate);
  }

  void add(Item item) {
    byKey.put(item.key, item);
  }

  /** Why an item can't be its aggregate's, if so; else it is from now on. */
  Optional<String> problem(Item item) {
    Aggregate aggregate = item.aggregate;
    if (aggregate == null) {
      return Optional.empty();
    }
    Item other = byAggregate.putIfAbsent(aggregate, item);
    return other == null || other.key.equals(item.key)
        ? Optional.empty()
        : Optional.of("its aggregate is that of item " + other.key + ", too");
  }

  void remove(Item item) {
    byKey.remove(item.key, item);
    if (item.aggregate != null) {
      byAggregate.remove(item.aggregate, item);
    }
  }

  void removePartition(int partition) {
    of(partition).toList().forEach(this::remove);
  }

  Stream<Item> all() {
    return byKey.values().stream();
  }

  Stream<Item> of(int partition) {
    return all().filter(i -> i.partition == partition);
  }

  int size() {
    return byKey.size();
  }

  /** Those whose time has come. */
  List<Item> due(long now) {
    List<Item> due = new ArrayList<>();
    for (Item item : byKey.values()) {
      if (item.waits && !item.busy && now - item.notBefore >= 0) {
        due.add(item);
      }
    }
    return due;
  }

  /** How long until the next one's time comes, at most so long. */
  long untilNextWait(long now, long most) {
    return all()
        .filter(i -> i.waits && !i.busy)
        .mapToLong(i -> i.notBefore - now)
        .reduce(most, Math::min);
  }

  int unrecorded() {
    return all().mapToInt(Item::unrecorded).sum();
  }

  int held() {
    return (int) all().filter(Item::isHeld).count();
  }

  int failing() {
    return (int) all().filter(i -> i.failures > 0 && !i.isHeld()).count();
  }

  Optional<Instant> oldestHeld() {
    return all()
        .filter(Item::isHeld)
        .map(i -> i.list.isEmpty() ? i.heldSince : i.list.getFirst().at().orElse(i.heldSince))
        .min(Instant::compareTo);
  }
}
