package io.outboxpipeline.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class MySqlSettingsIT {
  private static MySqlSettings settings(Database db) {
    return MySqlSettings.local(
        db.host(), db.port(), db.name(), db.user(), new Secret(db.password()));
  }

  private static String ask(HikariDataSource pool, String sql) throws SQLException {
    try (Connection c = pool.getConnection();
        var s = c.createStatement();
        var rows = s.executeQuery(sql)) {
      rows.next();
      return rows.getString(1);
    }
  }

  @ParameterizedTest
  @EnumSource
  void a_connection_reads_committed_rows_in_utc_and_loses_no_character(TestDatabase server)
      throws SQLException {
    try (var metrics = new Metrics();
        var pool = settings(server.create()).open("base", true, metrics.registry())) {
      assertThat(ask(pool, "SELECT @@transaction_isolation")).isEqualTo("READ-COMMITTED");
      assertThat(ask(pool, "SELECT @@time_zone")).isEqualTo("+00:00");
      assertThat(ask(pool, "SELECT '😀'")).isEqualTo("😀");
      assertThat(ask(pool, "SELECT @@sql_mode")).contains("STRICT_TRANS_TABLES");
      assertThat(metrics.scrape()).contains("hikaricp_connections_max{pool=\"base\"} 10.0");
    }
  }

  @ParameterizedTest
  @EnumSource
  void the_caller_chooses_auto_commit(TestDatabase server) throws SQLException {
    var settings = settings(server.create());
    for (boolean auto : new boolean[] {true, false}) {
      try (var metrics = new Metrics();
          var pool = settings.open("base", auto, metrics.registry());
          Connection c = pool.getConnection()) {
        assertThat(c.getAutoCommit()).isEqualTo(auto);
      }
    }
  }

  @Test
  void a_database_that_is_away_fails_only_who_asks_and_does_so_in_time() {
    var away =
        new MySqlSettings(
            "127.0.0.1",
            1,
            "db",
            "user",
            new Secret("x"),
            SslMode.PREFERRED,
            new DatabaseTrust.Platform(),
            2,
            Duration.ofMillis(500),
            Duration.ofSeconds(1));
    try (var metrics = new Metrics();
        var pool = away.open("base", true, metrics.registry())) {
      long before = System.nanoTime();
      assertThatThrownBy(pool::getConnection).isInstanceOf(SQLTransientConnectionException.class);
      assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(5));
    }
  }
}
