package io.outboxpipeline.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.outboxpipeline.inbox.RejectedEventException;
import io.outboxpipeline.inbox.RejectedEventException.Rejection;
import io.outboxpipeline.migrations.Migrations;
import io.outboxpipeline.outbox.Event;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.TestDatabase;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@SuppressWarnings("NullAway.Init") // opened before the tests
@Execution(ExecutionMode.SAME_THREAD)
final class SpendingHandlerIT {
  private static final String GOOD =
      """
      {"identity":"alice","name":"Ada","surname":"Lovelace","amount":"12.50","createdAt":"2025-01-02T03:04:05Z","more":1}
      """;

  private static Database database;
  private Connection connection;

  @BeforeAll
  static void migrate() {
    database = TestDatabase.MARIADB.create();
    Migrations.run(
        database.dataSource(), "classpath:io/outboxpipeline/consumer/schema", "spending_history");
  }

  @BeforeEach
  void open() throws SQLException {
    connection = database.dataSource().getConnection();
    connection.setAutoCommit(false);
  }

  @AfterEach
  void close() throws SQLException {
    connection.rollback();
    connection.close();
  }

  private static Event event(String payload) {
    return Pipe.event("alice", 1, SpendingHandler.CREATED, payload);
  }

  private void apply(Event... events) throws SQLException, RejectedEventException {
    new SpendingHandler().apply(connection, List.of(events));
  }

  private List<Rejection> rejections(Event... events) {
    return catchThrowableOfType(RejectedEventException.class, () -> apply(events)).rejections();
  }

  @ParameterizedTest
  @CsvSource({
    "'\"12.50\"', 12.50",
    "12.5, 12.50",
    "7, 7.00",
    "1e3, 1000.00",
    "-0.01, -0.01",
    "123456789012345678.99, 123456789012345678.99",
    "'\"0.10\"', 0.10"
  })
  void an_amount_is_kept_exactly(String written, BigDecimal kept)
      throws SQLException, RejectedEventException {
    apply(event(GOOD.replace("\"12.50\"", written)));
    try (var s = connection.createStatement();
        var row = s.executeQuery("SELECT amount FROM obt_spending")) {
      row.next();
      assertThat(row.getBigDecimal(1)).isEqualTo(kept);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"12.505\"",
        "0.001",
        "1e30",
        "1e-2147483647",
        "1234567890123456789",
        "\"twelve\"",
        "\"\"",
        "null",
        "true"
      })
  void an_amount_that_the_table_cannot_keep_exactly_is_rejected(String written) {
    assertThat(rejections(event(GOOD.replace("\"12.50\"", written))))
        .first()
        .extracting(Rejection::reason)
        .asString()
        .contains("amount");
  }

  @Test
  void whatever_is_needed_and_missing_is_rejected_with_its_name() {
    for (String field : List.of("identity", "name", "surname", "amount", "createdAt")) {
      assertThat(rejections(event(GOOD.replace("\"" + field + "\"", "\"x\""))))
          .first()
          .extracting(Rejection::reason)
          .asString()
          .contains(field);
    }
    for (String payload : List.of("", "{", "[]", "7", GOOD + "1", GOOD.replace("alice", "bob"))) {
      assertThat(rejections(event(payload))).as(payload).hasSize(1);
    }
    assertThat(rejections(event(GOOD.replace("05Z", "05")))).hasSize(1);
    assertThat(rejections(event(GOOD.replace("Ada", "A".repeat(101))))).hasSize(1);
  }

  @Test
  void all_rejected_events_of_a_run_are_told_at_once() {
    Event unknown = Pipe.event("bob", 4, "spending.moved", GOOD);
    assertThat(rejections(event("{}"), Pipe.event("bob", 3), unknown))
        .extracting(r -> r.event().sequence())
        .containsExactly(1L, 4L);
  }

  @Test
  void a_long_run_is_written_whole() throws SQLException, RejectedEventException {
    apply(
        LongStream.rangeClosed(1, 450).mapToObj(n -> Pipe.event("alice", n)).toArray(Event[]::new));
    try (var s = connection.createStatement();
        var row =
            s.executeQuery("SELECT COUNT(DISTINCT sequence), MAX(sequence) FROM obt_spending")) {
      row.next();
      assertThat(row.getInt(1)).isEqualTo(450);
      assertThat(row.getInt(2)).isEqualTo(450);
    }
  }
}
