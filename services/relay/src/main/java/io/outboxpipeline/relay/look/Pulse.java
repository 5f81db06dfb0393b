package io.outboxpipeline.relay.look;

import io.outboxpipeline.ownership.Heartbeat;
import io.outboxpipeline.ownership.MemberId;
import io.outboxpipeline.ownership.Snapshot;
import io.outboxpipeline.ownership.Version;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * For how long each heartbeat has not changed, on this machine's nano clock alone. It knows only
 * what it was shown: an age counts from the first look at the heartbeat. Not thread-safe.
 */
final class Pulse {
  private record Seen(Version version, long since) {}

  private Map<MemberId, Seen> seen = Map.of();

  void observe(Snapshot snapshot, long now) {
    var next = new HashMap<MemberId, Seen>();
    for (Heartbeat h : snapshot.heartbeats()) {
      Seen before = seen.get(h.member());
      next.put(
          h.member(),
          before != null && before.version.equals(h.version())
              ? before
              : new Seen(h.version(), now));
    }
    seen = next;
  }

  /** Zero for a member that has no heartbeat. */
  Duration age(MemberId member, long now) {
    Seen s = seen.get(member);
    return s == null ? Duration.ZERO : Duration.ofNanos(now - s.since);
  }
}
