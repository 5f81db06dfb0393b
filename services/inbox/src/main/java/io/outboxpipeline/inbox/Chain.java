package io.outboxpipeline.inbox;

import io.outboxpipeline.outbox.Aggregate;
import java.util.Comparator;

/**
 * The events of one aggregate of one outbox: what order holds for on the receiving side, where two
 * outboxes may have aggregates of the same type and id.
 *
 * @param source the outbox, as its messages name it; 1 to 255 characters
 */
public record Chain(String source, Aggregate aggregate) implements Comparable<Chain> {

  /** How many characters a source may have. */
  public static final int MAX_SOURCE = 255;

  private static final Comparator<Chain> ORDER =
      Comparator.comparing(Chain::source)
          .thenComparing(c -> c.aggregate().type())
          .thenComparing(c -> c.aggregate().id());

  public Chain {
    if (source.isEmpty() || source.length() > MAX_SOURCE) {
      throw new IllegalArgumentException(
          "source has " + source.length() + " characters, not 1 to " + MAX_SOURCE);
    }
  }

  /** The one order in which every consumer locks chains. */
  @Override
  public int compareTo(Chain other) {
    return ORDER.compare(this, other);
  }
}
