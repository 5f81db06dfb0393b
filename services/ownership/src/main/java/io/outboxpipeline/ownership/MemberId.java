package io.outboxpipeline.ownership;

/**
 * Who a relay is, the same after a restart in its place: pod name and UID, elsewhere a random id.
 *
 * @param value 1 to 255 characters
 */
public record MemberId(String value) implements Comparable<MemberId> {

  public MemberId {
    if (value.isBlank() || value.length() > 255) {
      throw new IllegalArgumentException("a member id has 1 to 255 characters: '" + value + "'");
    }
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
