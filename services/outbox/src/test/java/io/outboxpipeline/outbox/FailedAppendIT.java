package io.outboxpipeline.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.outboxpipeline.migrations.Migrations;
import io.outboxpipeline.outbox.Outbox.Appended;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.TestDatabase;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** An append that fails leaves nothing, whatever the caller does then. */
@ParameterizedClass
@MethodSource("serversAndDrivers")
final class FailedAppendIT {
  private static final Aggregate ALICE = new Aggregate("spending", "alice");
  private static final Aggregate BOB = new Aggregate("spending", "bob");

  private final TestDatabase server;
  private final String driver;
  private Database database = new Database("", 0, "", "", "");

  FailedAppendIT(TestDatabase server, String driver) {
    this.server = server;
    this.driver = driver;
  }

  static Stream<Arguments> serversAndDrivers() {
    return Stream.of(TestDatabase.values())
        .flatMap(
            server -> Stream.of("mysql", "mariadb").map(driver -> Arguments.of(server, driver)));
  }

  @BeforeEach
  void migrate() {
    database = server.create();
    Migrations.outbox(database.dataSource());
    database.execute(
        "ALTER TABLE obt ADD CONSTRAINT test_refuses CHECK (event_type <> 'refused')",
        "CREATE TABLE business (what VARCHAR(20))");
  }

  private Connection begin(String... properties) throws SQLException {
    Connection c =
        DriverManager.getConnection(
            database.jdbcUrl().replace("jdbc:mysql:", "jdbc:" + driver + ":")
                + "?allowPublicKeyRetrieval=true&"
                + String.join("&", properties),
            database.user(),
            database.password());
    c.setAutoCommit(false);
    c.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
    try (var s = c.createStatement()) {
      s.execute("SET innodb_lock_wait_timeout = 1");
    }
    return c;
  }

  private static long id(Connection c) throws SQLException {
    try (var s = c.createStatement();
        var row = s.executeQuery("SELECT CONNECTION_ID()")) {
      row.next();
      return row.getLong(1);
    }
  }

  private static void change(Connection c) throws SQLException {
    try (var s = c.createStatement()) {
      s.execute("INSERT INTO business VALUES ('changed')");
    }
  }

  private static NewEvent event(Aggregate aggregate) {
    return NewEvent.json(aggregate, "created", "{}");
  }

  private static NewEvent refused(Aggregate aggregate) {
    return NewEvent.json(aggregate, "refused", "{}");
  }

  private static OutboxException failure(Connection c, List<NewEvent> events) {
    return catchThrowableOfType(OutboxException.class, () -> Outbox.append(c, events));
  }

  @Test
  void the_number_is_given_back_when_the_row_is_refused_and_the_caller_commits() throws Exception {
    try (Connection c = begin()) {
      for (int times = 0; times < 3; times++) {
        change(c);
        assertThat(Outbox.append(c, event(ALICE)).sequence()).isEqualTo(times + 1);
        OutboxException e = failure(c, List.of(refused(ALICE)));
        assertThat(e.retryable()).isFalse();
        assertThat(e.transactionLost()).isFalse();
        assertThat(e).hasMessageContaining("test_refuses");
        c.commit();
      }
    }
    assertThat(database.number("SELECT COUNT(*) FROM business")).isEqualTo(3);
    assertChains(3);
  }

  @Test
  void nothing_is_left_of_many_events_of_many_aggregates_in_several_statements() throws Exception {
    List<NewEvent> events = new ArrayList<>();
    for (int i = 0; i < 130; i++) {
      events.add(event(i % 3 == 0 ? ALICE : i % 3 == 1 ? BOB : new Aggregate("t", "new")));
    }
    events.add(refused(BOB));
    try (Connection c = begin()) {
      Outbox.append(c, List.of(event(ALICE), event(BOB)));
      assertThat(failure(c, events).transactionLost()).isFalse();
      c.commit();
      assertThat(Outbox.append(c, List.of(event(ALICE), event(BOB), event(ALICE))))
          .extracting(Appended::sequence)
          .containsExactly(2L, 2L, 3L);
      c.commit();
    }
    assertChains(5);
  }

  @Test
  void a_wait_for_a_lock_undoes_the_append_alone() throws Exception {
    try (Connection holder = begin();
        Connection c = begin()) {
      Outbox.append(holder, event(BOB));
      change(c);
      OutboxException e = failure(c, List.of(event(ALICE), event(BOB)));
      assertThat(e.retryable()).isTrue();
      assertThat(e.transactionLost()).isFalse();
      c.commit();
      holder.commit();
      assertThat(Outbox.append(c, event(ALICE)).sequence()).isEqualTo(1);
      c.commit();
    }
    assertChains(2);
  }

  /** Of so many that their numbers are taken together. */
  private static List<NewEvent> ofFour() {
    return List.of(
        event(ALICE),
        event(BOB),
        event(new Aggregate("t", "c")),
        event(BOB),
        event(new Aggregate("t", "東")));
  }

  @Test
  void numbers_that_were_taken_together_are_given_back() throws Exception {
    try (Connection holder = begin();
        Connection c = begin()) {
      Outbox.append(c, ofFour());
      c.commit();
      List<NewEvent> events = new ArrayList<>(ofFour());
      events.add(refused(new Aggregate("t", "new")));
      assertThat(failure(c, events).transactionLost()).isFalse();
      c.commit();
      Outbox.append(holder, event(BOB));
      assertThat(failure(c, ofFour()).transactionLost()).isFalse();
      c.commit();
      holder.commit();
      assertThat(Outbox.append(c, ofFour()))
          .extracting(Appended::sequence)
          .containsExactly(2L, 4L, 2L, 5L, 2L);
      c.commit();
    }
    assertChains(11);
  }

  @Test
  void numbers_that_could_not_be_read_are_never_committed() throws Exception {
    try (Connection c = begin()) {
      var unreadable =
          (Connection)
              Proxy.newProxyInstance(
                  getClass().getClassLoader(),
                  new Class<?>[] {Connection.class},
                  (proxy, method, arguments) -> {
                    if (arguments != null && arguments[0].toString().startsWith("(SELECT")) {
                      throw new SQLException("not now");
                    }
                    return method.invoke(c, arguments);
                  });
      change(c);
      assertThat(failure(unreadable, ofFour()).transactionLost()).isTrue();
      assertThatThrownBy(c::commit).isInstanceOf(SQLException.class);
    }
    assertThat(database.number("SELECT COUNT(*) FROM obt_aggregate")).isZero();
    assertThat(database.number("SELECT COUNT(*) FROM business")).isZero();
  }

  @Test
  void after_a_deadlock_the_numbers_are_others_and_not_touched() throws Exception {
    try (Connection c = begin();
        Connection other = begin();
        var pool = Executors.newVirtualThreadPerTaskExecutor()) {
      Outbox.append(c, List.of(event(ALICE), event(BOB)));
      c.commit();
      Outbox.append(other, event(BOB));
      change(other);
      change(other);
      change(other);
      c.createStatement().execute("SET innodb_lock_wait_timeout = 30");
      long id = id(c);
      // Takes alice, waits for bob, and is the victim because it changed less.
      Future<OutboxException> failed =
          pool.submit(() -> failure(c, List.of(event(ALICE), event(BOB))));
      await()
          .until(
              () ->
                  database.number(
                          "SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'"
                              + " AND trx_mysql_thread_id = "
                              + id)
                      == 1);
      assertThat(Outbox.append(other, event(ALICE)).sequence()).isEqualTo(2);
      OutboxException e = failed.get();
      assertThat(e.retryable()).isTrue();
      assertThat(e.transactionLost()).isTrue();
      other.commit();
      c.commit();
    }
    assertChains(4);
  }

  @Test
  void a_statement_that_the_driver_refuses_leaves_nothing() throws Exception {
    var large =
        new NewEvent(ALICE, "t", "text/plain", new byte[200_000], Map.of("traceparent", "00"));
    try (Connection c = begin("maxAllowedPacket=65536")) {
      assertThat(failure(c, List.of(event(ALICE), large)).transactionLost()).isFalse();
      assertThat(Outbox.append(c, event(ALICE)).sequence()).isEqualTo(1);
      c.commit();
    }
    assertChains(1);
  }

  @Test
  void a_lost_connection_leaves_nothing() throws Exception {
    try (Connection c = begin();
        Connection killer = begin()) {
      Outbox.append(c, event(ALICE));
      killer.createStatement().execute("KILL " + id(c));
      OutboxException e = failure(c, List.of(event(ALICE)));
      assertThat(e.transactionLost()).isTrue();
      assertThatThrownBy(c::commit).isInstanceOf(SQLException.class);
    }
    assertThat(database.number("SELECT COUNT(*) FROM obt_aggregate")).isZero();
  }

  @Test
  void a_killed_statement_leaves_nothing() throws Exception {
    database.execute(
        """
        CREATE TRIGGER test_slow BEFORE INSERT ON obt FOR EACH ROW
        SET NEW.event_type = IF(NEW.event_type = 'slow', SLEEP(30), NEW.event_type)
        """);
    try (Connection c = begin();
        Connection killer = begin();
        var pool = Executors.newVirtualThreadPerTaskExecutor()) {
      long id = id(c);
      Future<OutboxException> failed =
          pool.submit(() -> failure(c, List.of(NewEvent.json(ALICE, "slow", "{}"))));
      await()
          .until(
              () ->
                  database.number(
                          "SELECT COUNT(*) FROM "
                              + database.running()
                              + " WHERE state = 'User sleep' AND id = "
                              + id)
                      == 1);
      killer.createStatement().execute("KILL QUERY " + id);
      assertThat(failed.get().transactionLost()).isFalse();
      c.commit();
      assertThat(Outbox.append(c, event(ALICE)).sequence()).isEqualTo(1);
      c.commit();
    }
    assertChains(1);
  }

  @Test
  void large_events_are_written_in_statements_that_a_server_takes() throws Exception {
    List<NewEvent> events = new ArrayList<>();
    byte[] zeros = new byte[700_000];
    for (int i = 0; i < 60; i++) {
      events.add(new NewEvent(ALICE, "t", "application/octet-stream", zeros, Map.of()));
    }
    try (Connection c = begin("maxAllowedPacket=4194304")) {
      assertThat(Outbox.append(c, events).getLast().sequence()).isEqualTo(60);
      c.commit();
    }
    assertChains(60);
  }

  /** Each aggregate has 1, 2, 3 … up to its counter, by id. */
  private void assertChains(long events) {
    assertThat(database.number("SELECT COUNT(*) FROM obt")).isEqualTo(events);
    assertThat(database.number("SELECT SUM(last_sequence) FROM obt_aggregate")).isEqualTo(events);
    assertThat(
            database.number(
                """
                SELECT COUNT(*) FROM obt o
                WHERE o.sequence <> (SELECT COUNT(*) FROM obt p
                                     WHERE p.aggregate_type = o.aggregate_type AND p.aggregate_id = o.aggregate_id
                                       AND p.id <= o.id)
                """))
        .isZero();
  }
}
