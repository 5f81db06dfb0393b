package io.outboxpipeline.migrations;

import static java.lang.System.Logger.Level.DEBUG;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationInfoService;
import org.flywaydb.core.api.MigrationState;

/**
 * Brings tables up to date, each set with a history table of its own, so that it lives beside a
 * service's own migrations. Thread-safe; several at once, also from several instances, are safe.
 */
public final class Migrations {

  private static final System.Logger LOG = System.getLogger(Migrations.class.getName());

  /** For another process that migrates. */
  private static final Duration LONGEST_WAIT = Duration.ofMinutes(10);

  private static final Set<MigrationState> FUTURE =
      EnumSet.of(MigrationState.FUTURE_SUCCESS, MigrationState.FUTURE_FAILED);

  private Migrations() {}

  /**
   * The tables {@code obt…}, with the history {@code obt_schema_history}. The scripts are in the
   * artifact {@code outbox}, which has to be on the class path.
   *
   * @throws FlywayException if the database refuses, is newer than the scripts, or there are none
   */
  public static void outbox(DataSource database) {
    run(database, "classpath:io/outboxpipeline/outbox/schema", "obt_schema_history");
  }

  /**
   * The tables {@code inbox…}, with the history {@code inbox_schema_history}. The scripts are in
   * the artifact {@code inbox}, which has to be on the class path.
   *
   * @throws FlywayException if the database refuses, is newer than the scripts, or there are none
   */
  public static void inbox(DataSource database) {
    run(database, "classpath:io/outboxpipeline/inbox/schema", "inbox_schema_history");
  }

  /**
   * Runs the scripts at a location as the outbox's own are run: with {@code ${collation}} for a
   * collation that compares text exactly, and in a database that already has other tables.
   *
   * @param location a Flyway location
   * @param history the name of the table that remembers which ones ran
   * @throws FlywayException if the database refuses, is newer than the scripts, or there are none
   */
  public static void run(DataSource database, String location, String history) {
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
          run(c, location, history);
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

  private static void run(Connection c, String location, String history) throws SQLException {
    try (var statement = c.createStatement()) {
      Flyway flyway =
          Flyway.configure(Migrations.class.getClassLoader())
              .dataSource(new OneConnection(c))
              .locations(location)
              .failOnMissingLocations(true)
              .table(history)
              .placeholders(Map.of("collation", exactCollation(statement)))
              .baselineOnMigrate(true)
              // 0, because the first script would count as run otherwise.
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

  private static String exactCollation(Statement statement) throws SQLException {
    try (var rows = statement.executeQuery("SELECT VERSION()")) {
      rows.next();
      return rows.getString(1).contains("MariaDB") ? "utf8mb4_nopad_bin" : "utf8mb4_0900_bin";
    }
  }
}
