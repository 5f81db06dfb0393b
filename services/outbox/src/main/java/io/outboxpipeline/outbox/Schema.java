package io.outboxpipeline.outbox;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;

/**
 * The outbox's tables, as Flyway migrations with a history table of their own ({@code
 * obt_schema_history}), so that they live beside a service's own migrations.
 */
public final class Schema {

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

  private static String exactCollation(Statement statement) throws SQLException {
    try (var rows = statement.executeQuery("SELECT VERSION()")) {
      rows.next();
      return rows.getString(1).contains("MariaDB") ? "utf8mb4_nopad_bin" : "utf8mb4_0900_bin";
    }
  }
}
