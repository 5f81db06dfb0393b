package io.outboxpipeline.outbox;

import static java.lang.System.Logger.Level.DEBUG;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationInfoService;
import org.flywaydb.core.api.MigrationState;

/**
 * The outbox's tables, as Flyway migrations with a history table of their own ({@code
 * obt_schema_history}), so that they live beside a service's own migrations.
 */
public final class Schema {
  private static final System.Logger LOG = System.getLogger(Schema.class.getName());
  private static final int NO_SUCH_TABLE = 1146;

  /** For another process that migrates. */
  private static final Duration LONGEST_WAIT = Duration.ofMinutes(10);

  private static final Set<MigrationState> FUTURE =
      EnumSet.of(MigrationState.FUTURE_SUCCESS, MigrationState.FUTURE_FAILED);

  private Schema() {}

  /**
   * Brings the outbox's tables up to date. Several at once are safe.
   *
   * @throws FlywayException if the database refuses, or is newer than this
   */
  public static void migrate(DataSource database) {
    migrate(database, "classpath:io/outboxpipeline/outbox/schema", "obt_schema_history");
  }

  /**
   * Runs the migrations at a location as the outbox's own are run: with {@code ${collation}} for a
   * collation that compares text exactly, and in a database that already has other tables.
   *
   * @param location a Flyway location
   * @param history the name of the table that remembers which ones ran
   */
  public static void migrate(DataSource database, String location, String history) {
    try (Connection c = database.getConnection()) {
      boolean autoCommit = c.getAutoCommit();
      int timeout = c.getNetworkTimeout();
      try {
        c.setAutoCommit(true);
        // A statement that waits for a table's lock, or copies a large one, takes what it takes.
        // To give it up half-way would leave a schema that is neither the old nor the new one.
        c.setNetworkTimeout(Runnable::run, 0);
        MigrationLock lock = MigrationLock.take(database, c, history, LONGEST_WAIT);
        try {
          migrate(c, location, history);
        } finally {
          lock.release();
        }
      } finally {
        restore(c, autoCommit, timeout);
      }
    } catch (SQLException e) {
      throw new FlywayException("cannot migrate the database: " + e.getMessage(), e);
    }
  }

  private static void restore(Connection c, boolean autoCommit, int timeout) {
    try {
      c.setNetworkTimeout(Runnable::run, timeout);
      c.setAutoCommit(autoCommit);
    } catch (SQLException lost) {
      LOG.log(DEBUG, "the connection is lost", lost);
    }
  }

  private static void migrate(Connection c, String location, String history) throws SQLException {
    try (var statement = c.createStatement()) {
      Flyway flyway =
          Flyway.configure(Schema.class.getClassLoader())
              .dataSource(new OneConnection(c))
              .locations(location)
              .table(history)
              .placeholders(Map.of("collation", exactCollation(statement)))
              .baselineOnMigrate(true)
              .baselineVersion("0")
              .load();
      refuseNewer(flyway.info());
      flyway.migrate();
    }
  }

  private static void refuseNewer(MigrationInfoService info) {
    List<String> future =
        Stream.of(info.all())
            .filter(m -> FUTURE.contains(m.getState()))
            .map(m -> m.getVersion() + " (" + m.getDescription() + ")")
            .toList();
    if (!future.isEmpty()) {
      throw new FlywayException(
          "the database is newer than this program: it has the migrations "
              + String.join(", ", future)
              + ". Run a program at least as new, or this one without its migrations");
    }
  }

  /**
   * The name under which this outbox's events are sent if nobody gives another one: unlike any
   * other database's, and the same for ever.
   *
   * @return empty if the outbox is older than this, or its tables are: its relay then makes a name
   *     of the database's, as it always did
   */
  public static Optional<String> source(Connection connection) throws SQLException {
    try (var s = connection.createStatement();
        var row = s.executeQuery("SELECT source FROM obt_source WHERE id = 1")) {
      return row.next() ? Optional.ofNullable(row.getString(1)) : Optional.empty();
    } catch (SQLException e) {
      if (e.getErrorCode() == NO_SUCH_TABLE) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private static String exactCollation(Statement statement) throws SQLException {
    try (var rows = statement.executeQuery("SELECT VERSION()")) {
      rows.next();
      return rows.getString(1).contains("MariaDB") ? "utf8mb4_nopad_bin" : "utf8mb4_0900_bin";
    }
  }
}
