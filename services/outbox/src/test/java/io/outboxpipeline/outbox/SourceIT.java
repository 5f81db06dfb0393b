package io.outboxpipeline.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.outboxpipeline.migrations.Migrations;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.MigrationVersion;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Two outboxes never have the same name by default, and one that has a name keeps it. */
final class SourceIT {

  private static Optional<String> source(Database database) throws SQLException {
    try (Connection c = database.dataSource().getConnection()) {
      return Schema.source(c);
    }
  }

  /** The tables of the previous release. */
  private static void migrateToPrevious(TestDatabase server, Database database) {
    Flyway.configure(Schema.class.getClassLoader())
        .dataSource(database.dataSource())
        .locations("classpath:io/outboxpipeline/outbox/schema")
        .table("obt_schema_history")
        .placeholders(
            java.util.Map.of(
                "collation",
                server == TestDatabase.MARIADB ? "utf8mb4_nopad_bin" : "utf8mb4_0900_bin"))
        .target(MigrationVersion.fromVersion("3"))
        .load()
        .migrate();
  }

  @ParameterizedTest
  @EnumSource(TestDatabase.class)
  void each_new_database_has_a_name_of_its_own_for_ever(TestDatabase server) throws SQLException {
    Database one = server.create();
    Database other = server.create();
    assertThat(source(one)).as("there are no tables yet").isEmpty();
    Migrations.outbox(one.dataSource());
    Migrations.outbox(other.dataSource());
    assertThat(source(one)).get().asString().matches("/outbox/[0-9a-f-]{36}");
    assertThat(source(one)).isNotEqualTo(source(other));
    Optional<String> before = source(one);
    Migrations.outbox(one.dataSource());
    assertThat(source(one)).isEqualTo(before);
  }

  @ParameterizedTest
  @EnumSource(TestDatabase.class)
  void a_pipeline_keeps_the_name_that_it_had(TestDatabase server) throws SQLException {
    Database written = server.create();
    migrateToPrevious(server, written);
    written.execute("INSERT INTO obt_aggregate VALUES ('spending', 'alice', 3)");
    Migrations.outbox(written.dataSource());
    assertThat(source(written)).isEmpty();

    Database relayed = server.create();
    migrateToPrevious(server, relayed);
    relayed.execute(
        "INSERT INTO obt_partition VALUES (0, 0, 255, 1, 'relay', CURRENT_TIMESTAMP - INTERVAL 1 DAY)");
    Migrations.outbox(relayed.dataSource());
    assertThat(source(relayed)).isEmpty();
  }
}
