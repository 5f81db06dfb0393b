package io.outboxpipeline.ownership;

/**
 * How the fence is cut, and a number that grows with every claim and every new cut: two equal
 * layouts mean that nothing was claimed between them.
 *
 * @param partitions how many there are; 0 if none were made yet
 * @param epochs the sum of their epochs
 */
public record Layout(int partitions, long epochs) {

  /** Nothing was made yet. */
  public static final Layout NONE = new Layout(0, 0);
}
