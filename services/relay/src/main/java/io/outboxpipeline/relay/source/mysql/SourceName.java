package io.outboxpipeline.relay.source.mysql;

import io.outboxpipeline.outbox.Schema;
import java.net.URI;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * The name under which events are sent: the settings', else the one that the database was given
 * when its tables were made, else one of the database's name, as relays made it before there was
 * such a thing. It never changes while this runs. Thread-safe.
 */
final class SourceName {
  private final Optional<URI> set;
  private final DataSource database;
  private final String databaseName;
  private volatile @Nullable URI known;

  SourceName(Optional<URI> set, DataSource database, String databaseName) {
    this.set = set;
    this.database = database;
    this.databaseName = databaseName;
  }

  /**
   * The name; asks the database the first time.
   *
   * @throws SQLException if it can't be asked
   */
  URI get() throws SQLException {
    URI now = known;
    if (now == null) {
      now = set.isPresent() ? set.get() : ask();
      known = now;
    }
    return now;
  }

  private URI ask() throws SQLException {
    try (Connection c = database.getConnection()) {
      return URI.create(Schema.source(c).orElse("/outbox/" + databaseName));
    }
  }
}
