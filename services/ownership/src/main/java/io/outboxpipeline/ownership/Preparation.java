package io.outboxpipeline.ownership;

import io.outboxpipeline.ownership.Heartbeat.State;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongSupplier;

/** Sees to it, before a member joins, that the database has the partitions it wants. */
final class Preparation {

  private final int partitions;
  private final LeaseTiming timing;
  private final LeaseStore store;
  private final Fence fence;
  private final LongSupplier nanoClock;

  Preparation(
      int partitions, LeaseTiming timing, LeaseStore store, Fence fence, LongSupplier nanoClock) {
    this.partitions = partitions;
    this.timing = timing;
    this.store = store;
    this.fence = fence;
    this.nanoClock = nanoClock;
  }

  /**
   * Lays the partitions out if there are none. If there is another number of them, waits a whole
   * lease to see whether anybody is alive who works with those, and if not replaces them.
   */
  void run() throws InterruptedException {
    int there = fence.partitions();
    if (there == partitions) {
      return;
    }
    if (there > 0) {
      if (!awaitSilence(there)) {
        return;
      }
      seizeAll(there);
      // Whatever survives this is an orphan that the protocol copes with: its epoch is too low.
      store.snapshot().leases().forEach(store::delete);
    }
    fence.lay(partitions);
  }

  /** Returns false if somebody else laid out the wanted partitions meanwhile. */
  private boolean awaitSilence(int there) throws InterruptedException {
    Map<MemberId, Version> first = versions();
    long since = nanoClock.getAsLong();
    long wait = first.isEmpty() ? 0 : timing.leaseDuration().toNanos();
    while (nanoClock.getAsLong() - since < wait) {
      Thread.sleep(Duration.ofNanos(Math.min(wait, timing.retryPeriod().toNanos())));
      if (fence.partitions() == partitions) {
        return false;
      }
      var changed = new TreeSet<MemberId>();
      versions()
          .forEach(
              (member, version) -> {
                if (!version.equals(first.get(member))) {
                  changed.add(member);
                }
              });
      refuseIfAlive(there, changed);
    }
    return true;
  }

  private void seizeAll(int there) {
    for (Heartbeat h : store.snapshot().heartbeats()) {
      if (h.state() != State.SEIZED
          && store.write(h.in(State.SEIZED)) instanceof CasOutcome.Conflict) {
        refuseIfAlive(there, Set.of(h.member()));
      }
    }
  }

  private void refuseIfAlive(int there, Set<MemberId> alive) {
    if (!alive.isEmpty()) {
      throw new PartitionCountException(there, partitions, alive);
    }
  }

  private Map<MemberId, Version> versions() {
    var versions = new HashMap<MemberId, Version>();
    for (Heartbeat h : store.snapshot().heartbeats()) {
      if (h.state() != State.SEIZED) {
        versions.put(h.member(), h.version());
      }
    }
    return versions;
  }
}
