package io.outboxpipeline.ownership;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * How all members together stand, as one who only reads the leases sees it.
 *
 * @param partitions how many there shall be; 0 if that is not known
 * @param moving how many are on their way to a member that is not their holder
 * @param repartitioning whether members still work with another number of partitions
 * @param holders who holds which partition, the dead left out
 * @param members all that have a heartbeat, the dead included until they are cleared away
 */
public record PipelineStatus(
    int partitions,
    int moving,
    boolean repartitioning,
    Map<Integer, MemberId> holders,
    Map<MemberId, Member> members) {

  public PipelineStatus {
    holders = Collections.unmodifiableMap(new TreeMap<>(holders));
    members = Collections.unmodifiableMap(new TreeMap<>(members));
  }

  /**
   * One member.
   *
   * @param alive whether its heartbeat changed within a lease
   * @param partitions with how many it works; 0 while it waits
   * @param owned how many of them it holds
   */
  public record Member(
      boolean alive, Heartbeat.State state, int partitions, int owned, Report report) {}

  /** How many partitions a living member holds. */
  public int owned() {
    return repartitioning ? 0 : holders.size();
  }

  /** How many nobody alive holds. */
  public int unowned() {
    return partitions - owned();
  }
}
