package io.outboxpipeline.ownership;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Lets a store read little while a pipeline is at rest: the heartbeats and the wanted number alone,
 * and from any cache however old, in place of everything as of now. What is read so goes beside the
 * leases that were read in full before, and is believed only as long as it says that nothing has
 * happened but renewals. Whatever else it says, or is missing in it, leads to a read in full; so
 * does a heartbeat that had not changed for a third of a lease when it was read last, so that no
 * death is believed from a cache.
 *
 * <p>A pipeline is at rest when all heartbeats are live and each partition is held by the member
 * that the assignment names. Then a member does nothing with what it reads. Thread-safe.
 */
public final class RestingReads {

  /**
   * One read.
   *
   * @param brief whether the heartbeats and the wanted number are enough, of any age
   */
  public record Ticket(long number, long writes, boolean brief) {}

  /** A heartbeat as it was seen last, and since when. */
  private record Seen(String incarnation, long renewals, long since) {}

  /** What was read in full, while it lasts. */
  private record Base(long number, long at, Snapshot snapshot) {}

  private final long patience;
  private final long longest;
  private final Map<MemberId, Seen> seen = new HashMap<>();
  private Optional<Base> base = Optional.empty();

  /** When heartbeats were read last. */
  private long readAt;

  private long last;
  private long writes;

  /**
   * @param leaseDuration the members' own; so long a change of a lease by hand may go unseen
   */
  public RestingReads(Duration leaseDuration) {
    longest = leaseDuration.toNanos();
    patience = longest / 3;
  }

  /** Begins a read. */
  public synchronized Ticket begin(long now) {
    boolean brief =
        base.filter(b -> now - b.at < longest && noneIsLate(readAt, patience)).isPresent();
    return new Ticket(++last, writes, brief);
  }

  /**
   * To be called before and after each write that is no renewal: what was read meanwhile may be
   * older than it.
   */
  public synchronized void wrote() {
    writes++;
    base = Optional.empty();
  }

  /**
   * Takes a brief read.
   *
   * @param read has no leases
   * @return empty if everything must be read, in another read
   */
  public synchronized Optional<Snapshot> brief(Ticket ticket, Snapshot read, long now) {
    if (base.isEmpty() || ticket.writes != writes || !isNews(read, now)) {
      base = Optional.empty();
      return Optional.empty();
    }
    Snapshot full = base.get().snapshot;
    return Optional.of(new Snapshot(full.leases(), read.heartbeats(), full.wanted()));
  }

  /** Takes a read in full, and hands it back. */
  public synchronized Snapshot all(Ticket ticket, Snapshot read, long now) {
    boolean newest = base.filter(b -> b.number > ticket.number).isEmpty();
    if (newest && ticket.writes == writes) {
      seen.keySet().retainAll(members(read));
      read.heartbeats().forEach(h -> see(h, now));
      readAt = now;
      base =
          Optional.of(read).filter(RestingReads::rests).map(r -> new Base(ticket.number, now, r));
    }
    return read;
  }

  private boolean noneIsLate(long at, long most) {
    return seen.values().stream().allMatch(s -> at - s.since < most);
  }

  /** Whether it says that nothing but renewals happened, and is not older than what was read. */
  private boolean isNews(Snapshot read, long now) {
    Snapshot full = base.orElseThrow().snapshot;
    if (!count(full).equals(count(read)) || !members(read).equals(members(full))) {
      return false;
    }
    for (Heartbeat h : read.heartbeats()) {
      Seen before = seen.get(h.member());
      if (before == null
          || !h.incarnation().equals(before.incarnation)
          || h.renewals() < before.renewals
          || !isWorking(h, full)) {
        return false;
      }
      see(h, now);
    }
    readAt = now;
    // After a pause of this process, perhaps: it must not be long enough for a death.
    return noneIsLate(now, 2 * patience);
  }

  private void see(Heartbeat h, long now) {
    seen.merge(
        h.member(),
        new Seen(h.incarnation(), h.renewals(), now),
        (before, next) ->
            before.incarnation.equals(next.incarnation) && before.renewals == next.renewals
                ? before
                : next);
  }

  private static boolean rests(Snapshot read) {
    if (read.wanted().isEmpty() || read.leases().size() != read.wanted().get().count()) {
      return false;
    }
    Set<MemberId> members = members(read);
    var leases = new HashMap<Integer, PartitionLease>();
    read.leases().forEach(l -> leases.put(l.partition(), l));
    Map<Integer, MemberId> held = Assignment.present(leases, members);
    boolean noneMoves =
        read.leases().stream().allMatch(l -> l.target().or(l::holder).equals(l.holder()));
    return noneMoves
        && read.heartbeats().stream().allMatch(h -> isWorking(h, read))
        && Assignment.assign(leases.size(), members, held).equals(held);
  }

  private static boolean isWorking(Heartbeat h, Snapshot full) {
    return h.state() == Heartbeat.State.LIVE && h.partitions() == full.leases().size();
  }

  private static Set<MemberId> members(Snapshot read) {
    var members = new HashSet<MemberId>();
    read.heartbeats().forEach(h -> members.add(h.member()));
    return members;
  }

  private static Optional<Integer> count(Snapshot read) {
    return read.wanted().map(WantedPartitions::count);
  }
}
