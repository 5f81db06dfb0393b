package io.outboxpipeline.operator.queue;

import java.util.Optional;

/**
 * Whose a queue or a table is: the same for the same pipeline, unlike any other's.
 *
 * @param tag what the owner's tag says
 * @param former what it said before, of a queue that is known to be this pipeline's
 */
public record Owner(String tag, Optional<String> former) {

  /** One that never had another tag. */
  public Owner(String tag) {
    this(tag, Optional.empty());
  }

  /** Whether a tag is this owner's. */
  public boolean has(String found) {
    return tag.equals(found) || former.filter(f -> f.equals(found)).isPresent();
  }
}
