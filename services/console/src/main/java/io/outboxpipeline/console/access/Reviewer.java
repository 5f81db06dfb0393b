package io.outboxpipeline.console.access;

import java.util.Optional;

/** Says whose token it is that the console did not give out. */
public interface Reviewer {
  /** Knows nobody. */
  Reviewer NOBODY = token -> Optional.empty();

  /** The person, if the token is good. */
  Optional<User> user(String token);
}
