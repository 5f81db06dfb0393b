package io.outboxpipeline.outbox;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Optional;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;

/**
 * The outbox's tables, as Flyway migrations with a history table of their own ({@code
 * obt_schema_history}), so that they live beside a service's own migrations.
 */
public final class Schema {

  private static final int NO_SUCH_TABLE = 1146;

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
    try (Connection c = database.getConnection();
        var statement = c.createStatement()) {
      // Flyway locks its history table, but not while it creates one in a database that has other
      // tables.
      statement.execute("DO GET_LOCK(CONCAT('flyway-', SHA2(DATABASE(), 224)), 600)");
      try {
        Flyway.configure(Schema.class.getClassLoader())
            .dataSource(database)
            .locations(location)
            .table(history)
            .placeholders(Map.of("collation", exactCollation(statement)))
            .baselineOnMigrate(true)
            .baselineVersion("0")
            .load()
            .migrate();
      } finally {
        statement.execute("DO RELEASE_LOCK(CONCAT('flyway-', SHA2(DATABASE(), 224)))");
      }
    } catch (SQLException e) {
      throw new FlywayException("cannot reach the database to migrate it: " + e.getMessage(), e);
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
