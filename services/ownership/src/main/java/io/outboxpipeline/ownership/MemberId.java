package io.outboxpipeline.ownership;

import java.util.Optional;

/**
 * Who a relay is, the same after a restart in its place: pod name and UID, elsewhere a random id.
 *
 * @param value 1 to 255 characters
 */
public record MemberId(String value) implements Comparable<MemberId> {

  private static final int LONGEST = 255;

  public MemberId {
    if (value.isBlank() || value.length() > LONGEST) {
      throw new IllegalArgumentException("a member id has 1 to 255 characters: '" + value + "'");
    }
  }

  /** A member's id that somebody else wrote; empty if it can't be one. */
  public static Optional<MemberId> parse(String value) {
    return value.isBlank() || value.length() > LONGEST
        ? Optional.empty()
        : Optional.of(new MemberId(value));
  }

  @Override
  public int compareTo(MemberId other) {
    return value.compareTo(other.value);
  }

  @Override
  public String toString() {
    return value;
  }
}
