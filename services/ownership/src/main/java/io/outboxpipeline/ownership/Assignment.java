package io.outboxpipeline.ownership;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Who should own what: a pure function, the same for everyone who sees the same. Balanced to a
 * difference of one, and of all such assignments one that moves the fewest partitions. Applied to
 * its own result it changes nothing.
 */
public final class Assignment {

  private Assignment() {}

  /**
   * An owner for each partition; empty if there are no members.
   *
   * @param partitions how many there are, from 1 to {@link Partitions#MAX}
   * @param members who takes partitions
   * @param present who owns which now; entries of others than the members don't count
   */
  public static Map<Integer, MemberId> assign(
      int partitions, Collection<MemberId> members, Map<Integer, MemberId> present) {
    Partitions.checkCount(partitions);
    var byId = new TreeSet<>(members);
    if (byId.isEmpty()) {
      return Map.of();
    }
    var held = new HashMap<MemberId, List<Integer>>();
    byId.forEach(m -> held.put(m, new ArrayList<>()));
    var free = new TreeSet<Integer>();
    for (int p = 0; p < partitions; p++) {
      MemberId owner = present.get(p);
      List<Integer> of = owner == null ? null : held.get(owner);
      if (of == null) {
        free.add(p);
      } else {
        of.add(p);
      }
    }

    // Who holds most keeps the one more that some must have: any other choice moves more.
    var byHolding = new ArrayList<>(byId);
    byHolding.sort(
        Comparator.comparingInt((MemberId m) -> -sizeOf(held, m))
            .thenComparing(Comparator.naturalOrder()));
    int least = partitions / byId.size();
    int oneMore = partitions % byId.size();
    var room = new HashMap<MemberId, Integer>();
    var owners = new TreeMap<Integer, MemberId>();
    for (int i = 0; i < byHolding.size(); i++) {
      MemberId member = byHolding.get(i);
      int share = i < oneMore ? least + 1 : least;
      int kept = 0;
      for (int p : held.getOrDefault(member, List.of())) {
        if (kept < share) {
          owners.put(p, member);
          kept++;
        } else {
          free.add(p);
        }
      }
      room.put(member, share - kept);
    }

    var next = free.iterator();
    for (MemberId member : byId) {
      for (int i = room.getOrDefault(member, 0); i > 0; i--) {
        owners.put(next.next(), member);
      }
    }
    return owners;
  }

  /** Who counts as owning what now: the lease's target, or its holder, if it takes partitions. */
  static Map<Integer, MemberId> present(
      Map<Integer, PartitionLease> leases, Set<MemberId> accepting) {
    var present = new HashMap<Integer, MemberId>();
    leases.forEach(
        (partition, lease) ->
            lease
                .target()
                .filter(accepting::contains)
                .or(() -> lease.holder().filter(accepting::contains))
                .ifPresent(owner -> present.put(partition, owner)));
    return present;
  }

  private static int sizeOf(Map<MemberId, List<Integer>> held, MemberId member) {
    return held.getOrDefault(member, List.of()).size();
  }
}
