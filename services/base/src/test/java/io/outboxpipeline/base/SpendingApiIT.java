package io.outboxpipeline.base;

import static io.outboxpipeline.base.Api.body;
import static io.outboxpipeline.base.Api.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.TestDatabase;
import jakarta.json.JsonObject;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource
@Execution(ExecutionMode.SAME_THREAD)
final class SpendingApiIT extends SpendingApiCase {
  private static @Nullable Database startedDatabase;
  private static @Nullable BaseService started;

  private final Database db = java.util.Objects.requireNonNull(startedDatabase);

  SpendingApiIT(TestDatabase server) {
    super(java.util.Objects.requireNonNull(started).port());
    assertThat(server).isNotNull();
  }

  @BeforeParameterizedClassInvocation
  static void start(TestDatabase server) {
    startedDatabase = server.create();
    started = TestBase.startReady(TestBase.settings(startedDatabase));
  }

  @AfterParameterizedClassInvocation
  static void stop() {
    java.util.Objects.requireNonNull(started).close();
  }

  @Override
  long spendings(String identity) {
    return db.number("SELECT COUNT(*) FROM obt_spending WHERE identity LIKE '" + identity + "%'");
  }

  @Override
  long events(String identity) {
    return db.number("SELECT COUNT(*) FROM obt WHERE aggregate_id LIKE '" + identity + "%'");
  }

  @Override
  boolean waits(JsonObject created) {
    String identity = created.getString("identity");
    return db.number(
            """
            SELECT COUNT(*) FROM obt
            WHERE event_id = '%s' AND aggregate_type = 'spending' AND aggregate_id = '%s'
              AND sequence = %s AND event_type = 'spending.created'
              AND JSON_UNQUOTE(JSON_EXTRACT(CONVERT(payload USING utf8mb4), '$.identity')) = '%s'
              AND JSON_UNQUOTE(JSON_EXTRACT(CONVERT(payload USING utf8mb4), '$.amount')) = '%s'
            """
                .formatted(
                    created.getString("eventId"),
                    identity,
                    created.getInt("sequence"),
                    identity,
                    created.getString("amount")))
        == 1;
  }

  @Test
  void a_spending_and_its_event_are_written_both_or_neither() {
    db.execute(
        """
        CREATE TRIGGER refuse_event BEFORE INSERT ON obt FOR EACH ROW
        BEGIN
          IF NEW.aggregate_id LIKE 'refuse-event%' THEN
            SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no event';
          END IF;
        END
        """,
        """
        CREATE TRIGGER refuse_spending BEFORE INSERT ON obt_spending FOR EACH ROW
        BEGIN
          IF NEW.identity LIKE 'refuse-spending%' THEN
            SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no spending';
          END IF;
        END
        """);
    try {
      for (String identity :
          List.of("refuse-event-" + UUID.randomUUID(), "refuse-spending-" + UUID.randomUUID())) {
        var response = api.postWithKey(identity, body(identity, "1"));
        assertProblem(response, 500);
        assertThat(response.body()).doesNotContain("no event", "no spending", "SQL");
        assertThat(spendings(identity)).isZero();
        assertThat(events(identity)).isZero();
        assertThat(
                db.number(
                    "SELECT COUNT(*) FROM obt_spending_key WHERE idempotency_key = '"
                        + identity
                        + "'"))
            .isZero();
      }
    } finally {
      db.execute("DROP TRIGGER refuse_event", "DROP TRIGGER refuse_spending");
    }
    String identity = "refuse-event-" + UUID.randomUUID();
    assertThat(json(api.post(body(identity, "1"))).getInt("sequence")).isEqualTo(1);
  }

  @Test
  void a_transaction_that_lost_a_deadlock_is_run_again() throws Exception {
    String identity = "deadlock-" + UUID.randomUUID();
    double retries = api.metric("base_transaction_retries_total");
    db.execute(
        """
        CREATE TRIGGER deadlock BEFORE INSERT ON obt_spending FOR EACH ROW
        BEGIN
          IF NEW.identity LIKE 'deadlock%' THEN
            SIGNAL SQLSTATE '40001' SET MESSAGE_TEXT = 'as if it were a deadlock';
          END IF;
        END
        """);
    HttpResponse<String> response;
    try {
      response = api.post(body(identity, "1"));
    } finally {
      db.execute("DROP TRIGGER deadlock");
    }
    assertProblem(response, 503);
    assertThat(response.headers().firstValue("retry-after")).isPresent();
    assertThat(api.metric("base_transaction_retries_total") - retries).isEqualTo(7);
    assertThat(json(api.post(body(identity, "1"))).getInt("sequence")).isEqualTo(1);
  }

  @Test
  void a_connection_killed_midway_is_503_and_leaves_nothing() throws Exception {
    String identity = someone();
    assertThat(api.post(body(identity, "1")).statusCode()).isEqualTo(201);
    try (var blocker = db.dataSource().getConnection();
        var executor = Executors.newVirtualThreadPerTaskExecutor()) {
      blocker.setAutoCommit(false);
      try (var s = blocker.createStatement()) {
        s.execute("SELECT * FROM obt_aggregate WHERE aggregate_id = '" + identity + "' FOR UPDATE");
      }
      var answer = executor.submit(() -> api.post(body(identity, "2")));
      String waiting = "FROM " + db.running() + " WHERE info LIKE 'INSERT INTO obt_aggregate%'";
      // The wait is made of several, and between two of them there is no statement.
      await()
          .ignoreExceptions()
          .until(
              () -> {
                db.execute("KILL " + db.number("SELECT id " + waiting));
                return true;
              });
      assertProblem(answer.get(), 503);
      assertThat(answer.get().headers().firstValue("retry-after")).isPresent();
      blocker.rollback();
    }
    assertThat(spendings(identity)).isEqualTo(1);
    assertThat(events(identity)).isEqualTo(1);
    assertThat(json(api.post(body(identity, "2"))).getInt("sequence")).isEqualTo(2);
  }

  @Test
  void ids_have_the_order_of_numbers_though_requests_come_at_once() throws Exception {
    String identity = someone();
    Api.atOnce(
        IntStream.range(0, 40)
            .<Callable<HttpResponse<String>>>mapToObj(i -> () -> api.post(body(identity, "1")))
            .toList());
    assertThat(
            db.number(
                """
                SELECT COUNT(*) FROM obt_spending a JOIN obt_spending b
                ON a.identity = b.identity AND a.id < b.id AND a.sequence > b.sequence
                WHERE a.identity = '%s'
                """
                    .formatted(identity)))
        .isZero();
  }

  @Test
  void the_pool_is_in_the_metrics() {
    assertThat(api.get("/metrics").body()).contains("hikaricp_connections");
  }
}
