package io.outboxpipeline.ownership;

/**
 * A member's sign of life, as stored or as to be stored.
 *
 * @param incarnation which process of this member wrote it, random, at most 64 characters
 * @param renewals grows with every attempt to renew, so that an attempt can be recognised
 * @param partitions with how many partitions it works; 0 while it owns nothing and takes nothing,
 *     because it is just starting, or the fence is being laid anew, or it can't reach it
 * @param report what it says of itself, as of this renewal
 * @param version of the stored record; in a write, the version that must be there
 */
public record Heartbeat(
    MemberId member,
    String incarnation,
    long renewals,
    State state,
    int partitions,
    Report report,
    Version version) {

  /** What a heartbeat says of its member. */
  public enum State {
    /** It takes partitions, if it works with any. */
    LIVE,
    /** It hands over what it holds and takes no more. */
    LEAVING,
    /** Another member found it dead; what it holds is free. */
    SEIZED,
    /** It can't reach the base database: it takes no more, and soon releases what it holds. */
    UNABLE
  }

  Heartbeat in(State next) {
    return new Heartbeat(member, incarnation, renewals, next, partitions, report, version);
  }

  Heartbeat reporting(Report next) {
    return new Heartbeat(member, incarnation, renewals, state, partitions, next, version);
  }

  Heartbeat stored(Version next) {
    return new Heartbeat(member, incarnation, renewals, state, partitions, report, next);
  }
}
