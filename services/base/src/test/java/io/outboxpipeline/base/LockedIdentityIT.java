package io.outboxpipeline.base;

import static io.outboxpipeline.base.Api.body;
import static io.outboxpipeline.base.Api.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.TestDatabase;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Somebody else's transaction keeps the rows of some identities; the pool has 10 connections. */
final class LockedIdentityIT {

  @ParameterizedTest
  @EnumSource
  void one_locked_identity_holds_up_nobody_else(TestDatabase server) throws Exception {
    Database db = server.create();
    try (var base = TestBase.startReady(TestBase.settings(db));
        var clients = Executors.newVirtualThreadPerTaskExecutor()) {
      var api = new Api(base.port());
      api.post(body("locked", "1"));
      try (var holder = lock(db, "= 'locked'")) {
        var blocked = post(clients, api, "locked", 60);
        await().until(() -> waiting(db) > 0 || blocked.stream().allMatch(Future::isDone));
        do {
          assertThat(api.post(body("other", "1")).statusCode()).isEqualTo(201);
          assertThat(api.list("locked", "").statusCode()).isEqualTo(200);
          assertThat(api.get("/health/ready").statusCode()).isEqualTo(200);
        } while (!blocked.stream().allMatch(Future::isDone));
        for (var answer : blocked) {
          assertBusy(answer.get());
        }
        holder.rollback();
      }
      assertThat(json(api.post(body("locked", "1"))).getInt("sequence")).isEqualTo(2);
    }
  }

  @ParameterizedTest
  @EnumSource
  void nor_do_more_locked_identities_than_there_are_connections(TestDatabase server)
      throws Exception {
    Database db = server.create();
    try (var base = TestBase.startReady(TestBase.settings(db));
        var clients = Executors.newVirtualThreadPerTaskExecutor()) {
      var api = new Api(base.port());
      for (int i = 0; i < 15; i++) {
        api.post(body("locked-" + i, "1"));
      }
      try (var holder = lock(db, "LIKE 'locked-%'")) {
        var blocked = new ArrayList<Future<HttpResponse<String>>>();
        for (int i = 0; i < 15; i++) {
          blocked.addAll(post(clients, api, "locked-" + i, 4));
        }
        await().until(() -> waiting(db) > 1 || blocked.stream().allMatch(Future::isDone));
        do {
          assertThat(api.post(body("other", "1")).statusCode()).isEqualTo(201);
          assertThat(api.get("/health/ready").statusCode()).isEqualTo(200);
        } while (!blocked.stream().allMatch(Future::isDone));
        for (var answer : blocked) {
          assertBusy(answer.get());
        }
        holder.rollback();
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void a_lock_that_is_let_go_in_time_costs_only_the_wait(TestDatabase server) throws Exception {
    Database db = server.create();
    var settings = TestBase.settings(db).withRequestTimeout(Duration.ofMinutes(2));
    try (var base = TestBase.startReady(settings);
        var clients = Executors.newVirtualThreadPerTaskExecutor()) {
      var api = new Api(base.port());
      api.post(body("locked", "1"));
      List<Future<HttpResponse<String>>> waiting;
      try (var holder = lock(db, "= 'locked'")) {
        waiting = post(clients, api, "locked", 12);
        await()
            .until(
                () -> db.number("SELECT COUNT(*) FROM obt_spending WHERE identity <> 'locked'"),
                count -> api.post(body("other", "1")).statusCode() == 201 && count >= 10);
        assertThat(waiting).noneMatch(Future::isDone);
        holder.rollback();
      }
      for (var answer : waiting) {
        assertThat(answer.get().statusCode()).isEqualTo(201);
      }
      assertThat(db.number("SELECT MAX(sequence) FROM obt_spending WHERE identity = 'locked'"))
          .isEqualTo(13);
    }
  }

  @Test
  void a_request_that_waits_when_the_base_is_stopped_gets_the_whole_grace() throws Exception {
    Database db = TestDatabase.preferred().create();
    var settings = TestBase.settings(db).withRequestTimeout(Duration.ofMinutes(2));
    var base = TestBase.startReady(settings);
    try (var clients = Executors.newVirtualThreadPerTaskExecutor()) {
      var api = new Api(base.port());
      api.post(body("locked", "1"));
      try (var holder = lock(db, "= 'locked'")) {
        var waiting = post(clients, api, "locked", 1).getFirst();
        await().until(() -> waiting(db) == 1);
        var stopped = clients.submit(base::close);
        // A quarter of the grace, of which a tenth was once all.
        await()
            .during(settings.server().shutdownGrace().dividedBy(4))
            .until(() -> !waiting.isDone() && !stopped.isDone());
        holder.rollback();
        assertThat(waiting.get().statusCode()).isEqualTo(201);
        stopped.get();
      }
    } finally {
      base.close();
    }
  }

  private static Connection lock(Database db, String identities) throws SQLException {
    Connection holder = db.dataSource().getConnection();
    holder.setAutoCommit(false);
    // Of no gaps, which new identities would wait for.
    holder.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
    try (var s = holder.createStatement()) {
      s.executeQuery(
          "SELECT * FROM obt_aggregate WHERE aggregate_type = 'spending' AND aggregate_id "
              + identities
              + " FOR UPDATE");
    }
    return holder;
  }

  private static List<Future<HttpResponse<String>>> post(
      ExecutorService clients, Api api, String identity, int times) {
    var answers = new ArrayList<Future<HttpResponse<String>>>();
    for (int i = 0; i < times; i++) {
      answers.add(clients.submit(() -> api.post(body(identity, "1"))));
    }
    return answers;
  }

  /** How many statements wait for a lock. */
  private static long waiting(Database db) {
    return db.number(
        "SELECT COUNT(*) FROM " + db.running() + " WHERE info LIKE 'INSERT INTO obt_aggregate%'");
  }

  private static void assertBusy(HttpResponse<String> answer) {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(503);
    assertThat(answer.headers().firstValue("retry-after")).isPresent();
    assertThat(answer.headers().firstValue("content-type")).hasValue("application/problem+json");
    assertThat(json(answer).getString("detail")).contains("Others hold what this request needs");
  }
}
