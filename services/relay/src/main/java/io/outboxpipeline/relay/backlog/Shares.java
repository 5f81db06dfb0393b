package io.outboxpipeline.relay.backlog;

import io.outboxpipeline.outbox.Slots;
import io.outboxpipeline.ownership.Grant;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Which partitions are owned. Guarded by the backlog's lock. */
final class Shares {
  private final Map<Integer, Share> byPartition = new TreeMap<>();
  private final @Nullable Share[] bySlot = new Share[Slots.COUNT];

  void add(Grant grant) {
    var share = new Share(grant);
    byPartition.put(grant.partition(), share);
    for (int n = grant.slots().first(); n <= grant.slots().last(); n++) {
      bySlot[n] = share;
    }
  }

  @Nullable Share of(int slot) {
    return bySlot[slot];
  }

  /** Of this very grant, if it is the present one of its partition. */
  @Nullable Share of(Grant grant) {
    Share share = byPartition.get(grant.partition());
    return share != null && share.grant.equals(grant) ? share : null;
  }

  @Nullable Share remove(int partition) {
    Share share = byPartition.remove(partition);
    if (share != null) {
      for (int n = share.grant.slots().first(); n <= share.grant.slots().last(); n++) {
        bySlot[n] = null;
      }
    }
    return share;
  }
}
