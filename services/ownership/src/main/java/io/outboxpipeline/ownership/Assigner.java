package io.outboxpipeline.ownership;

import io.outboxpipeline.ownership.Liveness.Standing;
import io.outboxpipeline.ownership.PipelineStatus.Member;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongSupplier;

/**
 * Names the owner of each partition on its lease, for members that are told rather than decide
 * themselves; the members compute the same, so that they agree with it, and go on without it. Any
 * number of assigners may run, with knowledge of any age: a target is written by compare-and-set,
 * and only the members' protocol moves anything.
 *
 * <p>To be asked about every {@code retryPeriod}, always with a snapshot read since the last one.
 * Not safe for use by several threads at once.
 */
public final class Assigner {

  private final LongSupplier nanoClock;
  private final long retryPeriod;
  private final Liveness liveness;
  private int partitions;
  private long since;

  /**
   * @param timing the members' own
   * @param nanoClock {@code System::nanoTime}
   */
  public Assigner(LeaseTiming timing, LongSupplier nanoClock) {
    this.nanoClock = nanoClock;
    retryPeriod = timing.retryPeriod().toNanos();
    liveness = new Liveness(timing.leaseDuration().toNanos(), timing.renewDeadline().toNanos());
  }

  /**
   * What the leases should say and don't yet, and how the pipeline stands.
   *
   * @param targets to be written, each on the version that was read
   */
  public record Plan(List<PartitionLease> targets, PipelineStatus status) {

    public Plan {
      targets = List.copyOf(targets);
    }
  }

  /** Reads, plans, and writes what differs; a conflict is left for the next time. */
  public PipelineStatus assign(LeaseStore store) {
    Plan plan = plan(store.snapshot());
    plan.targets.forEach(store::write);
    return plan.status;
  }

  /** What a snapshot calls for. Writes nothing. */
  public Plan plan(Snapshot snapshot) {
    long now = nanoClock.getAsLong();
    liveness.observe(snapshot, now);
    int wanted =
        snapshot.wanted().map(WantedPartitions::count).orElseGet(() -> mostWorkedWith(snapshot));
    if (wanted != partitions) {
      partitions = wanted;
      since = now;
    }
    var leases = new TreeMap<Integer, PartitionLease>();
    for (PartitionLease lease : snapshot.leases()) {
      if (lease.partition() < wanted) {
        leases.put(lease.partition(), lease);
      }
    }
    boolean repartitioning =
        snapshot.heartbeats().stream()
            .anyMatch(
                h ->
                    h.state() != Heartbeat.State.SEIZED
                        && h.partitions() != 0
                        && h.partitions() != wanted);
    var targets = new ArrayList<PartitionLease>();
    if (wanted > 0 && !repartitioning) {
      Set<MemberId> accepting = liveness.accepting(wanted, since, 2 * retryPeriod, now);
      Map<Integer, MemberId> owners =
          Assignment.assign(wanted, accepting, Assignment.present(leases, accepting));
      for (PartitionLease lease : leases.values()) {
        Optional<MemberId> owner = Optional.ofNullable(owners.get(lease.partition()));
        if (owner.isPresent() && differs(lease, owner.get(), accepting) && isDecided(lease, now)) {
          targets.add(lease.to(owner));
        }
      }
    }
    return new Plan(targets, status(snapshot, leases, repartitioning, now));
  }

  private static int mostWorkedWith(Snapshot snapshot) {
    return snapshot.heartbeats().stream().mapToInt(Heartbeat::partitions).max().orElse(0);
  }

  /** Whether it would go to somebody else, or to nobody in particular. */
  private static boolean differs(PartitionLease lease, MemberId owner, Set<MemberId> accepting) {
    Optional<MemberId> next = lease.target().filter(accepting::contains).or(lease::holder);
    return next.filter(owner::equals).isEmpty();
  }

  /** Not while a holder may yet come back: it would then move for nothing. */
  private boolean isDecided(PartitionLease lease, long now) {
    return lease
        .holder()
        .map(h -> liveness.standing(h, now))
        .filter(s -> s == Standing.EXPIRED || s == Standing.MISSING || s == Standing.UNABLE)
        .isEmpty();
  }

  private PipelineStatus status(
      Snapshot snapshot, Map<Integer, PartitionLease> leases, boolean repartitioning, long now) {
    var holders = new TreeMap<Integer, MemberId>();
    int moving = 0;
    for (PartitionLease lease : leases.values()) {
      Optional<MemberId> holder = lease.holder().filter(h -> alive(liveness.standing(h, now)));
      holder.ifPresent(h -> holders.put(lease.partition(), h));
      if (lease.target().filter(t -> alive(liveness.standing(t, now))).isPresent()
          && !lease.target().equals(holder)) {
        moving++;
      }
    }
    var owned = new HashMap<MemberId, Integer>();
    holders.values().forEach(m -> owned.merge(m, 1, Integer::sum));
    var members = new TreeMap<MemberId, Member>();
    for (Heartbeat h : snapshot.heartbeats()) {
      boolean alive = alive(liveness.standing(h.member(), now));
      members.put(
          h.member(),
          new Member(
              alive, h.state(), h.partitions(), owned.getOrDefault(h.member(), 0), h.report()));
    }
    return new PipelineStatus(partitions, moving, repartitioning, holders, members);
  }

  private static boolean alive(Standing standing) {
    return switch (standing) {
      case ACCEPTING, LEAVING, UNABLE -> true;
      case EXPIRED, SEIZED, MISSING, GONE -> false;
    };
  }
}
