package io.outboxpipeline.ownership;

/**
 * A member's sign of life, as stored or as to be stored.
 *
 * @param incarnation which process of this member wrote it, random, at most 64 characters
 * @param renewals grows with every attempt to renew, so that an attempt can be recognised
 * @param version of the stored record; in a write, the version that must be there
 */
public record Heartbeat(
    MemberId member, String incarnation, long renewals, State state, Version version) {

  /** What a heartbeat says of its member. */
  public enum State {
    /** It holds partitions and takes more. */
    LIVE,
    /** It hands over what it holds and takes no more. */
    LEAVING,
    /** Another member found it dead; what it holds is free. */
    SEIZED
  }

  Heartbeat in(State next) {
    return new Heartbeat(member, incarnation, renewals, next, version);
  }

  Heartbeat stored(Version next) {
    return new Heartbeat(member, incarnation, renewals, state, next);
  }
}
