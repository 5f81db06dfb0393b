package io.outboxpipeline.migrations;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;

/**
 * Brings tables up to date, each set with a history table of its own, so that it lives beside a
 * service's own migrations. Thread-safe; several at once, also from several instances, are safe.
 */
public final class Migrations {

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
      run(database, location, history, c);
    } catch (SQLException e) {
      throw new FlywayException("cannot reach the database to migrate it: " + e.getMessage(), e);
    }
  }

  private static void run(DataSource database, String location, String history, Connection c)
      throws SQLException {
    try (Statement statement = c.createStatement()) {
      // Flyway locks its history table, but not while it creates one in a database that has other
      // tables.
      statement.execute("DO GET_LOCK(CONCAT('flyway-', SHA2(DATABASE(), 224)), 600)");
      try {
        Flyway.configure(Migrations.class.getClassLoader())
            .dataSource(database)
            .locations(location)
            .failOnMissingLocations(true)
            .table(history)
            .placeholders(Map.of("collation", exactCollation(statement)))
            .baselineOnMigrate(true)
            // 0, because the first script would count as run otherwise.
            .baselineVersion("0")
            .load()
            .migrate();
      } finally {
        statement.execute("DO RELEASE_LOCK(CONCAT('flyway-', SHA2(DATABASE(), 224)))");
      }
    }
  }

  private static String exactCollation(Statement statement) throws SQLException {
    try (var rows = statement.executeQuery("SELECT VERSION()")) {
      rows.next();
      return rows.getString(1).contains("MariaDB") ? "utf8mb4_nopad_bin" : "utf8mb4_0900_bin";
    }
  }
}
