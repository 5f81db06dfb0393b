package io.outboxpipeline.ownership;

import io.outboxpipeline.ownership.Heartbeat.State;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * What one observer makes of the others' heartbeats, on its own clock alone. An observer that was
 * itself cut off for a while begins anew: otherwise the first one back after an outage of the store
 * would find everybody dead.
 */
final class Liveness {

  /** How a member stands. */
  enum Standing {
    ACCEPTING,
    LEAVING,
    /** Its heartbeat did not change for a whole lease: it may be seized. */
    EXPIRED,
    SEIZED,
    /** It has no heartbeat. */
    MISSING,
    /** It has had none for a whole lease. */
    GONE;

    boolean freesPartitions() {
      return this == SEIZED || this == GONE;
    }
  }

  private record Seen(Heartbeat heartbeat, long since) {}

  private final long leaseDuration;
  private final long longestGap;
  private Map<MemberId, Seen> seen = Map.of();
  private Map<MemberId, Long> missing = Map.of();
  private long observedAt;

  Liveness(long leaseDurationNanos, long longestGapNanos) {
    leaseDuration = leaseDurationNanos;
    longestGap = longestGapNanos;
  }

  void observe(Snapshot snapshot, long now) {
    boolean anew = now - observedAt > longestGap;
    var nextSeen = new HashMap<MemberId, Seen>();
    for (Heartbeat h : snapshot.heartbeats()) {
      Seen before = seen.get(h.member());
      boolean unchanged = before != null && before.heartbeat.version().equals(h.version());
      nextSeen.put(h.member(), before != null && unchanged && !anew ? before : new Seen(h, now));
    }
    var nextMissing = new HashMap<MemberId, Long>();
    for (PartitionLease lease : snapshot.leases()) {
      lease
          .holder()
          .filter(h -> !nextSeen.containsKey(h))
          .ifPresent(h -> nextMissing.put(h, anew ? now : missing.getOrDefault(h, now)));
    }
    seen = nextSeen;
    missing = nextMissing;
    observedAt = now;
  }

  Standing standing(MemberId member, long now) {
    Seen s = seen.get(member);
    if (s == null) {
      Long since = missing.get(member);
      return since != null && now - since >= leaseDuration ? Standing.GONE : Standing.MISSING;
    }
    if (s.heartbeat.state() == State.SEIZED) {
      return Standing.SEIZED;
    }
    if (now - s.since >= leaseDuration) {
      return Standing.EXPIRED;
    }
    return s.heartbeat.state() == State.LEAVING ? Standing.LEAVING : Standing.ACCEPTING;
  }

  /** Those with a heartbeat. */
  Set<MemberId> members() {
    return seen.keySet();
  }
}
