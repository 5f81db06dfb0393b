package io.outboxpipeline.ownership;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * How a member stands, for health, metrics and people.
 *
 * @param partitions how many there are for this member; 0 while it waits
 * @param owned the grants that are started and not yet released or abandoned
 * @param moving how many partitions are on their way to or from this member
 * @param unowned how many nobody held when the leases were read last
 * @param liveMembers who was alive then, this member included
 * @param sinceRenewal how long ago the last renewal that succeeded was sent; since the start if
 *     none did yet
 */
public record OwnershipStatus(
    State state,
    int partitions,
    List<Grant> owned,
    int moving,
    int unowned,
    Set<MemberId> liveMembers,
    Duration sinceRenewal) {

  public OwnershipStatus {
    owned = List.copyOf(owned);
    liveMembers = Set.copyOf(liveMembers);
  }

  OwnershipStatus renewedAgo(Duration age) {
    return new OwnershipStatus(state, partitions, owned, moving, unowned, liveMembers, age);
  }

  /** Where the member is in its life. */
  public enum State {
    /** Its heartbeat is not yet stored. */
    JOINING,
    /**
     * It owns nothing and takes nothing: the partitions are being cut anew, or their number is not
     * known, or the base database is away.
     */
    WAITING,
    ACTIVE,
    LEAVING,
    /** See {@link Ending#LEFT}. */
    LEFT,
    /** See {@link Ending#SUPERSEDED}. */
    SUPERSEDED,
    /** See {@link Ending#CLOSED}. */
    CLOSED,
    /** See {@link Ending#FAILED}. */
    FAILED;

    static State of(Optional<Ending> ending, boolean leaving, boolean joined, boolean works) {
      return switch (ending.orElse(null)) {
        case LEFT -> LEFT;
        case SUPERSEDED -> SUPERSEDED;
        case CLOSED -> CLOSED;
        case FAILED -> FAILED;
        case null -> leaving ? LEAVING : !joined ? JOINING : works ? ACTIVE : WAITING;
      };
    }
  }
}
