package io.outboxpipeline.inbox;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.outboxpipeline.migrations.Migrations;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.TestDatabase;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import liquibase.command.CommandScope;
import liquibase.command.core.UpdateCommandStep;
import liquibase.command.core.helpers.DbUrlConnectionArgumentsCommandStep;
import liquibase.exception.CommandExecutionException;
import org.flywaydb.core.api.MigrationVersion;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Flyway, plain SQL and Liquibase make the same tables, of the outbox and of the inbox. */
final class SchemaFormsIT {

  private static Map<String, String> tables(Database database, String prefix) throws SQLException {
    Map<String, String> tables = new TreeMap<>();
    try (Connection c = database.dataSource().getConnection();
        var s = c.createStatement()) {
      try (var names = s.executeQuery("SHOW TABLES LIKE '" + prefix + "%'")) {
        while (names.next()) {
          tables.put(names.getString(1), "");
        }
      }
      tables.remove(prefix + "_schema_history");
      for (var table : tables.entrySet()) {
        try (var row = s.executeQuery("SHOW CREATE TABLE " + table.getKey())) {
          row.next();
          table.setValue(row.getString(2).replaceAll(" AUTO_INCREMENT=\\d+", ""));
        }
      }
    }
    return tables;
  }

  private static List<String> scripts(String library) throws IOException {
    Path folder =
        Path.of("../" + library + "/src/main/resources/io/outboxpipeline/" + library + "/schema");
    try (var files = Files.list(folder)) {
      return files
          .map(f -> f.getFileName().toString())
          .sorted(Comparator.comparing(SchemaFormsIT::version))
          .toList();
    }
  }

  private static MigrationVersion version(String script) {
    return MigrationVersion.fromVersion(script.substring(1, script.indexOf("__")));
  }

  private static void runPlain(Database database, String library) throws Exception {
    try (Connection c =
            DriverManager.getConnection(
                database.jdbcUrl() + "?allowMultiQueries=true",
                database.user(),
                database.password());
        var s = c.createStatement()) {
      for (String script : scripts(library)) {
        try (InputStream in =
            Inbox.class.getResourceAsStream("/io/outboxpipeline/" + library + "/sql/" + script)) {
          assertThat(in).as("plain SQL of " + script).isNotNull();
          s.execute(new String(in.readAllBytes(), UTF_8));
        }
      }
    }
  }

  private static void runLiquibase(Database database, String library)
      throws CommandExecutionException {
    new CommandScope(UpdateCommandStep.COMMAND_NAME)
        .addArgumentValue(
            UpdateCommandStep.CHANGELOG_FILE_ARG,
            "io/outboxpipeline/" + library + "/sql/changelog.xml")
        .addArgumentValue(DbUrlConnectionArgumentsCommandStep.URL_ARG, database.jdbcUrl())
        .addArgumentValue(DbUrlConnectionArgumentsCommandStep.USERNAME_ARG, database.user())
        .addArgumentValue(DbUrlConnectionArgumentsCommandStep.PASSWORD_ARG, database.password())
        .execute();
  }

  @ParameterizedTest
  @CsvSource({
    "MARIADB, outbox, obt",
    "MARIADB, inbox, inbox",
    "MYSQL, outbox, obt",
    "MYSQL, inbox, inbox"
  })
  @ResourceLock("liquibase")
  void all_forms_of_the_schema_are_the_same(TestDatabase server, String library, String prefix)
      throws Exception {
    Database flyway = server.create();
    if (library.equals("outbox")) {
      Migrations.outbox(flyway.dataSource());
    } else {
      Migrations.inbox(flyway.dataSource());
    }
    Database plain = server.create();
    runPlain(plain, library);
    Database liquibase = server.create();
    runLiquibase(liquibase, library);
    runLiquibase(liquibase, library);

    Map<String, String> expected = tables(flyway, prefix);
    assertThat(expected).hasSizeGreaterThan(2);
    assertThat(expected.values())
        .allSatisfy(
            ddl ->
                assertThat(ddl)
                    .contains(
                        server == TestDatabase.MYSQL ? "utf8mb4_0900_bin" : "utf8mb4_nopad_bin"));
    assertThat(tables(plain, prefix)).isEqualTo(expected);
    assertThat(tables(liquibase, prefix)).isEqualTo(expected);
  }
}
