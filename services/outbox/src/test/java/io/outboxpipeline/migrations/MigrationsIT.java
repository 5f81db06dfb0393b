package io.outboxpipeline.migrations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.TestDatabase;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationVersion;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What may be in the way of a migration, and what comes of it. */
@ParameterizedClass
@EnumSource(TestDatabase.class)
final class MigrationsIT {
  private static final String TABLES =
      "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE()";
  private static final String NEWEST =
      "SELECT COUNT(*) FROM obt_schema_history WHERE success AND version = '4.3'";

  private final TestDatabase server;
  private final Database database;

  MigrationsIT(TestDatabase server) {
    this.server = server;
    this.database = server.create();
  }

  private void migrateTo(String version) {
    Flyway.configure(Migrations.class.getClassLoader())
        .dataSource(database.dataSource())
        .locations("classpath:io/outboxpipeline/outbox/schema")
        .table("obt_schema_history")
        .placeholders(
            Map.of(
                "collation",
                server == TestDatabase.MARIADB ? "utf8mb4_nopad_bin" : "utf8mb4_0900_bin"))
        .target(MigrationVersion.fromVersion(version))
        .load()
        .migrate();
  }

  private HikariDataSource pool(int size, String parameters) {
    var config = new HikariConfig();
    config.setJdbcUrl(database.jdbcUrl() + parameters);
    config.setUsername(database.user());
    config.setPassword(database.password());
    config.setMaximumPoolSize(size);
    config.setMinimumIdle(0);
    config.setAutoCommit(false);
    config.setConnectionTimeout(5000);
    return new HikariDataSource(config);
  }

  @Test
  void a_socket_time_out_does_not_end_a_statement_that_waits_for_a_lock() throws Exception {
    migrateTo("2");
    try (var pool = pool(4, "?socketTimeout=1000");
        Connection other = database.dataSource().getConnection();
        var s = other.createStatement()) {
      other.setAutoCommit(false);
      s.executeQuery("SELECT * FROM obt_member").close();
      var migrating = CompletableFuture.runAsync(() -> Migrations.outbox(pool));
      await()
          .until(
              () ->
                  database.number(
                          "SELECT COUNT(*) FROM "
                              + database.running()
                              + " WHERE info LIKE '%ALTER TABLE obt_member%' AND time >= 3"
                              + " AND state LIKE '%metadata lock'")
                      == 1);
      other.rollback();
      migrating.join();
      assertThat(database.number(NEWEST)).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void a_small_pool_is_enough(int size) {
    try (var pool = pool(size, "")) {
      Migrations.outbox(pool);
      assertThat(database.number(NEWEST)).isEqualTo(1);
      Migrations.outbox(pool);
      assertThat(pool.getHikariPoolMXBean().getActiveConnections()).isZero();
    }
  }

  @Test
  void a_pool_gets_its_connections_back_as_they_were() throws SQLException {
    try (var pool = pool(1, "?socketTimeout=7000")) {
      Migrations.outbox(pool);
      try (Connection c = pool.getConnection()) {
        assertThat(c.getNetworkTimeout()).isEqualTo(7000);
        assertThat(c.getAutoCommit()).isFalse();
      }
    }
  }

  @Test
  void a_database_newer_than_the_library_is_refused() {
    Migrations.outbox(database.dataSource());
    database.execute(
        """
        INSERT INTO obt_schema_history
        SELECT installed_rank + 1, '99', 'of the future', type, 'V99__future.sql', 1, installed_by,
          installed_on, 1, 1
        FROM obt_schema_history ORDER BY installed_rank DESC LIMIT 1
        """);
    assertThatThrownBy(() -> Migrations.outbox(database.dataSource()))
        .isInstanceOf(FlywayException.class)
        .hasMessageContaining("newer")
        .hasMessageContaining("99");
  }

  private MigrationLock lock(Connection c, MigrationLock.Kind kind, Duration longest)
      throws SQLException {
    return MigrationLock.take(database.dataSource(), c, "obt_schema_history", longest, kind);
  }

  @Test
  void who_migrates_waits_for_another_that_does() throws Exception {
    try (Connection c = database.dataSource().getConnection()) {
      MigrationLock held = lock(c, MigrationLock.Kind.NAME, Duration.ofMinutes(1));
      var migrating = CompletableFuture.runAsync(() -> Migrations.outbox(database.dataSource()));
      await()
          .until(
              () ->
                  database.number(
                          "SELECT COUNT(*) FROM "
                              + database.running()
                              + " WHERE state = 'User lock'")
                      == 1);
      assertThat(database.number(TABLES)).isZero();
      held.release();
      migrating.join();
      assertThat(database.number(NEWEST)).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @EnumSource
  void who_waits_too_long_does_not_migrate_beside_the_other(MigrationLock.Kind kind)
      throws SQLException {
    try (Connection one = database.dataSource().getConnection();
        Connection other = database.dataSource().getConnection()) {
      MigrationLock held = lock(one, kind, Duration.ofMinutes(1));
      assertThatThrownBy(() -> lock(other, kind, Duration.ofSeconds(1)))
          .isInstanceOf(SQLException.class)
          .hasMessageContaining("another process has been migrating this database for 1 s");
      held.release();
      lock(other, kind, Duration.ofSeconds(1)).release();
    }
  }

  @Test
  void a_holder_in_a_cluster_that_died_is_followed() throws SQLException {
    try (Connection dead = database.dataSource().getConnection();
        Connection c = database.dataSource().getConnection()) {
      MigrationLock left = lock(dead, MigrationLock.Kind.ROW, Duration.ofMinutes(1));
      database.execute(
          "UPDATE obt_schema_history_lock SET renewed_at = renewed_at - INTERVAL 61 SECOND");
      MigrationLock taken = lock(c, MigrationLock.Kind.ROW, Duration.ofSeconds(1));
      left.release();
      assertThat(database.number("SELECT COUNT(*) FROM obt_schema_history_lock"))
          .as("the lock is still the second one's")
          .isEqualTo(1);
      taken.release();
      assertThat(database.number("SELECT COUNT(*) FROM obt_schema_history_lock")).isZero();
    }
  }

  /** As Percona XtraDB Cluster answers. */
  private static Connection withoutNamedLocks(Connection c) {
    return (Connection)
        Proxy.newProxyInstance(
            MigrationsIT.class.getClassLoader(),
            new Class<?>[] {Connection.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("prepareStatement")
                  && arguments[0].toString().contains("GET_LOCK")) {
                throw new SQLException("prohibits use of GET_LOCK", "HY000", 1105);
              }
              return method.invoke(c, arguments);
            });
  }

  @Test
  void a_server_that_forbids_locks_by_name_has_one_by_a_row() throws SQLException {
    try (Connection c = database.dataSource().getConnection()) {
      MigrationLock held =
          lock(withoutNamedLocks(c), MigrationLock.Kind.NAME, Duration.ofMinutes(1));
      assertThat(database.number("SELECT COUNT(*) FROM obt_schema_history_lock")).isEqualTo(1);
      held.release();
    }
  }
}
