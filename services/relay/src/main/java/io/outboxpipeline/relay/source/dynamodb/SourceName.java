package io.outboxpipeline.relay.source.dynamodb;

import java.net.URI;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The name under which events are sent: the settings', else the one that the relays' table keeps.
 * It never changes while this runs. Thread-safe.
 */
final class SourceName {
  private final Supplier<URI> ask;
  private volatile @Nullable URI known;

  SourceName(Optional<URI> set, Supplier<URI> ask) {
    this.ask = ask;
    this.known = set.orElse(null);
  }

  /** Asks, if it is not known yet; throws what the AWS SDK throws. */
  URI get() {
    URI now = known;
    if (now == null) {
      now = ask.get();
      known = now;
    }
    return now;
  }
}
