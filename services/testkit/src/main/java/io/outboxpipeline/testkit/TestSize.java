package io.outboxpipeline.testkit;

/**
 * How often the tests that only repeat do so: {@code -Dtest.size=full} for a long look, {@code ci},
 * the default, for as much as finds what the test is meant to find. Thread-safe.
 */
public final class TestSize {

  private TestSize() {}

  /**
   * The number for this run.
   *
   * @throws IllegalArgumentException if {@code test.size} is neither {@code ci} nor {@code full}
   */
  public static int of(int ci, int full) {
    String size = System.getProperty("test.size", "ci");
    return switch (size) {
      case "ci" -> ci;
      case "full" -> full;
      default -> throw new IllegalArgumentException("test.size is ci or full, not " + size);
    };
  }
}
