package io.outboxpipeline.ownership;

import io.outboxpipeline.ownership.Heartbeat.State;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

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
    /** It can't reach the base database. */
    UNABLE,
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

  /** {@code idleSince}: since when it works with no partitions; counts only while it does. */
  private record Seen(Heartbeat heartbeat, long since, long idleSince) {}

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
      if (before == null || anew) {
        nextSeen.put(h.member(), new Seen(h, now, now));
      } else if (before.heartbeat.version().equals(h.version())) {
        nextSeen.put(h.member(), before);
      } else {
        boolean idle = before.heartbeat.partitions() == 0;
        nextSeen.put(h.member(), new Seen(h, now, idle ? before.idleSince : now));
      }
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
    if (s.heartbeat.state() != State.SEIZED && now - s.since >= leaseDuration) {
      return Standing.EXPIRED;
    }
    return switch (s.heartbeat.state()) {
      case LIVE -> Standing.ACCEPTING;
      case LEAVING -> Standing.LEAVING;
      case UNABLE -> Standing.UNABLE;
      case SEIZED -> Standing.SEIZED;
    };
  }

  /**
   * Who takes partitions of so many: who works with that number, and who works with none for only a
   * moment, because it is just starting or because all are about to start with a new number.
   *
   * @param from when the observer itself began with that number
   */
  Set<MemberId> accepting(int partitions, long from, long moment, long now) {
    var accepting = new TreeSet<MemberId>();
    seen.forEach(
        (member, s) -> {
          long idleSince = s.idleSince - from > 0 ? s.idleSince : from;
          boolean arrives = s.heartbeat.partitions() == 0 && now - idleSince < moment;
          if (standing(member, now) == Standing.ACCEPTING
              && (arrives || s.heartbeat.partitions() == partitions)) {
            accepting.add(member);
          }
        });
    return accepting;
  }

  /** Whether all that could still send for partitions have said that they work with none. */
  boolean allIdle() {
    return seen.values().stream()
        .map(Seen::heartbeat)
        .allMatch(h -> h.state() == State.SEIZED || h.partitions() == 0);
  }

  /** Those with a heartbeat. */
  Set<MemberId> members() {
    return seen.keySet();
  }
}
