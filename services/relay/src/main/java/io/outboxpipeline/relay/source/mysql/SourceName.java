package io.outboxpipeline.relay.source.mysql;

import io.outboxpipeline.outbox.Schema;
import java.net.URI;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The name under which events are sent: the settings', else the one that the database was given
 * when its tables were made, else one of the database's name, as relays made it before there was
 * such a thing. It never changes while this runs. Of one thread.
 */
final class SourceName {
  private final Optional<URI> set;
  private @Nullable URI known;

  SourceName(Optional<URI> set) {
    this.set = set;
  }

  /**
   * The name; asks the database the first time.
   *
   * @throws SQLException if it can't be asked
   */
  URI get(Connection c) throws SQLException {
    URI now = known;
    if (now == null) {
      now = set.isPresent() ? set.get() : ask(c);
      known = now;
    }
    return now;
  }

  private static URI ask(Connection c) throws SQLException {
    return URI.create(Schema.source(c).orElse("/outbox/" + c.getCatalog()));
  }
}
