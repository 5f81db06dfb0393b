package io.outboxpipeline.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import io.outboxpipeline.runtime.DatabaseTrouble.Category;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.TestDatabase;
import java.net.ServerSocket;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** What is wrong with a way to a database is told as that, not as a pool's time-out. */
final class DatabaseTroubleIT {

  private static MySqlSettings settings(
      String host, int port, String database, String user, String password, SslMode mode) {
    return new MySqlSettings(
        host,
        port,
        database,
        user,
        new Secret(password),
        mode,
        new DatabaseTrust.Platform(),
        2,
        Duration.ofMillis(500),
        Duration.ofSeconds(5));
  }

  private static MySqlSettings of(Database db) {
    return settings(db.host(), db.port(), db.name(), db.user(), db.password(), SslMode.PREFERRED);
  }

  /** As someone sees it who asks again and again. */
  private static DatabaseTrouble trouble(MySqlSettings settings) {
    try (var metrics = new Metrics();
        var pool = settings.open("test", true, metrics.registry())) {
      var last = new AtomicReference<DatabaseTrouble>();
      await()
          .until(
              () -> {
                last.set(DatabaseTrouble.of(catchThrowable(pool::getConnection)));
                return last.get().category() != Category.OTHER;
              });
      assertThat(DatabaseTrouble.of(catchThrowable(pool::getConnection)))
          .as("the same each time")
          .isEqualTo(last.get());
      return last.get();
    }
  }

  @Test
  void a_wrong_password_user_or_database_is_told_as_that() {
    Database db = TestDatabase.MYSQL.create();
    db.execute(
        "CREATE USER IF NOT EXISTS app_%1$s IDENTIFIED BY 'right'".formatted(db.name()),
        "GRANT SELECT ON %1$s.* TO app_%1$s".formatted(db.name()));
    String user = "app_" + db.name();
    assertThat(
            trouble(settings(db.host(), db.port(), db.name(), user, "wrong", SslMode.PREFERRED))
                .toString())
        .startsWith("credentials: Access denied for user '" + user + "'");
    assertThat(trouble(settings(db.host(), db.port(), db.name(), "nobody", "x", SslMode.PREFERRED)))
        .extracting(DatabaseTrouble::category)
        .isEqualTo(Category.CREDENTIALS);
    assertThat(
            trouble(
                settings(
                    db.host(), db.port(), "nowhere", db.user(), db.password(), SslMode.PREFERRED)))
        .hasToString("database name: Unknown database 'nowhere'");
    assertThat(trouble(settings(db.host(), db.port(), "mysql", user, "right", SslMode.PREFERRED)))
        .extracting(DatabaseTrouble::category)
        .isEqualTo(Category.RIGHTS);
  }

  @Test
  void a_server_without_tls_is_told_as_that() {
    Database db = TestDatabase.MARIADB.create();
    assertThat(
            trouble(
                settings(
                    db.host(), db.port(), db.name(), db.user(), db.password(), SslMode.REQUIRED)))
        .hasToString("TLS: SSL Connection required, but not provided by server.");
  }

  @Test
  void a_certificate_that_is_not_trusted_is_told_as_that() {
    Database db = TestDatabase.MYSQL.create();
    assertThat(
            trouble(
                    settings(
                        db.host(),
                        db.port(),
                        db.name(),
                        db.user(),
                        db.password(),
                        SslMode.VERIFY_CA))
                .toString())
        .startsWith("certificate: ")
        .contains("certif")
        .doesNotContain("Communications link failure");
  }

  @Test
  void a_host_that_is_not_there_or_does_not_answer_is_told_as_that() throws Exception {
    assertThat(trouble(settings("no.such.host.invalid", 3306, "a", "b", "c", SslMode.PREFERRED)))
        .extracting(DatabaseTrouble::category)
        .isEqualTo(Category.HOST_NAME);
    assertThat(trouble(settings("127.0.0.1", 1, "a", "b", "c", SslMode.PREFERRED)).toString())
        .startsWith("unreachable: Connection refused");
    try (var silent = new ServerSocket(0)) {
      assertThat(
              trouble(
                  settings("127.0.0.1", silent.getLocalPort(), "a", "b", "c", SslMode.PREFERRED)))
          .extracting(DatabaseTrouble::category)
          .isEqualTo(Category.UNREACHABLE);
    }
  }

  @Test
  void a_pool_whose_connections_are_all_in_use_is_told_as_that() throws SQLException {
    var settings = of(TestDatabase.MARIADB.create()).withPoolSize(1);
    try (var metrics = new Metrics();
        var pool = settings.open("test", true, metrics.registry());
        Connection held = pool.getConnection()) {
      assertThat(held.isValid(1)).isTrue();
      assertThat(DatabaseTrouble.of(catchThrowable(pool::getConnection)))
          .hasToString("pool: all 1 connections are in use and none came free in time");
    }
  }

  @Test
  void a_missing_table_or_right_is_told_as_that() {
    Database db = TestDatabase.MARIADB.create();
    assertThat(DatabaseTrouble.of(catchThrowable(() -> ask(db, "SELECT 1 FROM none"))))
        .extracting(DatabaseTrouble::category)
        .isEqualTo(Category.SCHEMA);
  }

  private static void ask(Database db, String sql) throws SQLException {
    try (Connection c = db.dataSource().getConnection();
        var s = c.createStatement()) {
      s.execute(sql);
    }
  }

  @Test
  void a_reason_is_one_line_and_what_is_not_known_leaves_what_was_said() {
    var forged = new SQLException("first\nsecond\u0007 line");
    assertThat(DatabaseTrouble.of(forged)).hasToString("error: first");
    var poolAlone =
        DatabaseTrouble.of(
            new java.sql.SQLTransientConnectionException(
                "p - Connection is not available, request timed out after 5001ms (total=0, active=0, idle=0, waiting=1)"));
    Health said = Health.down("credentials: Access denied");
    assertThat(poolAlone.health(said)).isEqualTo(said);
    assertThat(poolAlone.health(Health.up()))
        .isEqualTo(Health.down("error: no connection could be opened"));
  }
}
