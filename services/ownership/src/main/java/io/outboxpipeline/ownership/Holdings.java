package io.outboxpipeline.ownership;

import io.outboxpipeline.ownership.Holding.Allowed;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The partitions that a member works with: all of them, or none. */
final class Holdings {

  private final MemberId self;
  private final long leaseDuration;
  private final Calls calls;
  private final List<Holding> all = new ArrayList<>();

  /** Since when a lease, in this version, waits for this member as its target. */
  private Map<Version, Long> expected = Map.of();

  private long since;
  private int unowned;

  Holdings(MemberId self, long leaseDurationNanos, Calls calls, long now) {
    this.self = self;
    leaseDuration = leaseDurationNanos;
    this.calls = calls;
    since = now;
  }

  /** Begins anew with so many partitions, 0 to work with none. */
  void begin(int partitions, long now) {
    abandon();
    all.clear();
    for (int p = 0; p < partitions; p++) {
      all.add(new Holding(self, p, Partitions.range(p, partitions), leaseDuration, calls));
    }
    since = now;
    unowned = partitions;
    expected = Map.of();
  }

  void abandon() {
    all.forEach(Holding::abandon);
  }

  void advance(long now) {
    all.forEach(h -> h.advance(now));
  }

  /** When one of them is to be advanced next; {@code otherwise} if that is earlier. */
  long wakeAt(long otherwise) {
    long wake = otherwise;
    for (Holding h : all) {
      long at = h.wakeAt(wake);
      wake = at - wake <= 0 ? at : wake;
    }
    return wake;
  }

  /** What the leases say of each partition. */
  void observe(
      Map<Integer, PartitionLease> leases, View view, Allowed allowed, long readBy, long now) {
    var expectedNow = new HashMap<Version, Long>();
    unowned = 0;
    for (int p = 0; p < all.size(); p++) {
      PartitionLease lease = leases.getOrDefault(p, PartitionLease.absent(p));
      all.get(p).observe(lease, view, allowed, readBy, now);
      if (view.isFree(lease)) {
        unowned++;
      }
      if (lease.target().filter(view::isSelf).isPresent() && !lease.heldBy(self)) {
        expectedNow.put(lease.version(), expected.getOrDefault(lease.version(), now));
      }
    }
    expected = expectedNow;
  }

  /** Whether a partition is on its way here; after a whole lease it is not believed any more. */
  boolean expectsSome(long now) {
    return expected.values().stream().anyMatch(from -> now - from < leaseDuration);
  }

  Optional<Holding> of(int partition) {
    return partition < all.size() ? Optional.of(all.get(partition)) : Optional.empty();
  }

  int count() {
    return all.size();
  }

  boolean isEmpty() {
    return all.isEmpty();
  }

  /** Whether none is owned, claimed or being given up. */
  boolean idle() {
    return all.stream().allMatch(Holding::idle);
  }

  /** Since when it works with so many. */
  long since() {
    return since;
  }

  /** How many nobody owned when the leases were read last. */
  int unowned() {
    return unowned;
  }

  void noneUnowned() {
    unowned = 0;
  }

  List<Grant> owned() {
    return all.stream().flatMap(h -> h.grant().stream()).toList();
  }

  int moving() {
    return (int) all.stream().filter(Holding::moving).count();
  }
}
