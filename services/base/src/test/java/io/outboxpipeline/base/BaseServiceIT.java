package io.outboxpipeline.base;

import static io.outboxpipeline.base.Api.body;
import static io.outboxpipeline.base.Api.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.outboxpipeline.runtime.Settings;
import io.outboxpipeline.runtime.Transactions;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.TcpProxy;
import io.outboxpipeline.testkit.TestDatabase;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class BaseServiceIT {

  @Test
  void a_base_starts_without_its_database_and_serves_once_that_comes() {
    Database db = TestDatabase.preferred().create();
    try (var proxy = new TcpProxy(db.port())) {
      proxy.cut();
      try (var base = BaseService.start(TestBase.settings(db, proxy.port()))) {
        var api = new Api(base.port());
        assertThat(api.get("/health/live").statusCode()).isEqualTo(200);
        assertThat(api.get("/health/started").statusCode()).isEqualTo(200);
        assertThat(api.get("/health/ready").statusCode()).isEqualTo(503);
        assertUnavailable(api.post(body("ada", "1")));
        assertUnavailable(api.get("/api/v1/spending/1"));
        assertUnavailable(api.list("ada", ""));

        proxy.restore();
        TestBase.awaitReady(base);
        assertThat(api.post(body("ada", "1")).statusCode()).isEqualTo(201);
      }
    }
  }

  @Test
  void a_database_that_goes_away_and_comes_back_is_503_and_then_201() {
    Database db = TestDatabase.preferred().create();
    try (var proxy = new TcpProxy(db.port());
        var base = TestBase.startReady(TestBase.settings(db, proxy.port()))) {
      var api = new Api(base.port());
      assertThat(api.post(body("ada", "1")).statusCode()).isEqualTo(201);
      proxy.cut();
      assertUnavailable(api.post(body("ada", "1")));
      assertUnavailable(api.list("ada", ""));
      await().until(() -> api.get("/health/ready").statusCode() == 503);
      assertThat(api.get("/health/ready").body()).contains("\"database\"", "reason");
      assertThat(api.get("/health/live").statusCode()).isEqualTo(200);
      proxy.restore();
      TestBase.awaitReady(base);
      assertThat(json(api.post(body("ada", "1"))).getInt("sequence")).isEqualTo(2);
    }
  }

  @ParameterizedTest
  @EnumSource
  void a_database_that_went_back_is_told_once(TestDatabase server) {
    Database db = server.create();
    try (var base = TestBase.startReady(TestBase.settings(db))) {
      var api = new Api(base.port());
      for (int i = 0; i < 5; i++) {
        api.post(body("ada" + i % 2, "1"));
      }
      assertThat(api.metric("base_database_went_back_total")).isZero();
      // As a replica that had not received the last commits.
      db.execute(
          "UPDATE obt_aggregate SET last_sequence = last_sequence - 1",
          "DELETE FROM obt_spending ORDER BY id DESC LIMIT 2");
      await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> api.metric("base_database_went_back_total") == 1);
      assertThat(api.post(body("ada0", "1")).statusCode()).isEqualTo(201);
      await()
          .during(Duration.ofSeconds(3))
          .atMost(Duration.ofSeconds(20))
          .until(() -> api.metric("base_database_went_back_total") == 1);
    }
  }

  private static void assertUnavailable(HttpResponse<String> response) {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(503);
    assertThat(response.headers().firstValue("retry-after")).isPresent();
    assertThat(response.headers().firstValue("content-type")).hasValue("application/problem+json");
  }

  @ParameterizedTest
  @EnumSource
  void bases_that_start_at_once_on_an_empty_database_all_get_ready(TestDatabase server) {
    Database db = server.create();
    var bases =
        IntStream.range(0, 4).mapToObj(i -> BaseService.start(TestBase.settings(db))).toList();
    try {
      bases.forEach(TestBase::awaitReady);
      for (int i = 0; i < bases.size(); i++) {
        var created = new Api(bases.get(i).port()).post(body("ada", "1"));
        assertThat(json(created).getInt("sequence")).isEqualTo(i + 1);
      }
      // Each has its own meters.
      for (BaseService base : bases) {
        assertThat(new Api(base.port()).metric("base_spendings_created_total")).isEqualTo(1);
      }
    } finally {
      bases.forEach(BaseService::close);
    }
  }

  @Test
  void without_migration_a_base_waits_for_the_tables() {
    Database db = TestDatabase.preferred().create();
    var with = TestBase.settings(db);
    var without =
        new BaseSettings(
            with.server(),
            with.mysql(),
            false,
            BaseSettings.DEFAULT_RETENTION,
            BaseSettings.DEFAULT_REQUEST_TIMEOUT);
    try (var waiting = BaseService.start(without)) {
      var api = new Api(waiting.port());
      await().until(() -> api.get("/health/ready").body().contains("obt_spending"));
      assertUnavailable(api.post(body("ada", "1")));
      TestBase.startReady(with).close();
      TestBase.awaitReady(waiting);
      assertThat(api.post(body("ada", "1")).statusCode()).isEqualTo(201);
    }
  }

  @ParameterizedTest
  @EnumSource
  void whatever_fails_midway_a_spending_and_its_event_exist_both_or_neither(TestDatabase server)
      throws Exception {
    Database db = server.create();
    try (var base = TestBase.startReady(TestBase.settings(db));
        var other = TestBase.startReady(TestBase.settings(db));
        var clients = Executors.newVirtualThreadPerTaskExecutor()) {
      db.execute(
          """
          CREATE TRIGGER fail_some BEFORE INSERT ON obt_spending FOR EACH ROW
          BEGIN
            IF NEW.amount = 13 THEN
              SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'unlucky';
            END IF;
          END
          """);
      var created = new AtomicInteger();
      var unknown = new AtomicInteger();
      var running = new ArrayList<Future<?>>();
      for (int client = 0; client < 16; client++) {
        int seed = client;
        running.add(
            clients.submit(
                () -> {
                  for (int n = 0; n < 60; n++) {
                    var api = new Api((n + seed) % 2 == 0 ? base.port() : other.port());
                    String identity = "id-" + ThreadLocalRandom.current().nextInt(5);
                    boolean unlucky = n % 3 == 0;
                    var response = api.post(body(identity, unlucky ? "13" : "1"));
                    switch (response.statusCode()) {
                      case 201 -> created.incrementAndGet();
                      case 503 -> unknown.incrementAndGet();
                      case 500 -> assertThat(unlucky).isTrue();
                      default -> throw new AssertionError(response.body());
                    }
                  }
                  return null;
                }));
      }
      while (!running.stream().allMatch(Future::isDone)) {
        killOneConnection(db);
      }
      for (Future<?> client : running) {
        client.get();
      }
      long rows = db.number("SELECT COUNT(*) FROM obt_spending");
      assertThat(rows).isBetween((long) created.get(), (long) created.get() + unknown.get());
      assertThat(created.get()).isGreaterThan(100);
      assertThat(db.number("SELECT COUNT(*) FROM obt")).isEqualTo(rows);
      assertThat(
              db.number(
                  """
                  SELECT COUNT(*) FROM obt_spending s JOIN obt e
                    ON e.event_id = s.event_id AND e.sequence = s.sequence
                    AND e.aggregate_id = CONVERT(s.identity USING utf8mb4)
                  """))
          .isEqualTo(rows);
      assertThat(
              db.number(
                  """
                  SELECT COUNT(*) FROM (
                    SELECT identity FROM obt_spending GROUP BY identity
                    HAVING MAX(sequence) <> COUNT(*)) gaps
                  """))
          .isZero();
    }
  }

  private static void killOneConnection(Database db) {
    try (var c = db.dataSource().getConnection();
        var s = c.createStatement();
        var rows = s.executeQuery("SELECT id FROM " + db.running() + " ORDER BY RAND() LIMIT 1")) {
      if (rows.next()) {
        long id = rows.getLong(1);
        try (var kill = c.createStatement()) {
          kill.execute("KILL " + id);
        }
      }
    } catch (java.sql.SQLException e) {
      // It ended by itself.
    }
  }

  @Test
  void keys_older_than_the_retention_are_purged_and_younger_ones_stay() throws Exception {
    Database db = TestDatabase.preferred().create();
    var settings = TestBase.settings(db);
    try (var base = TestBase.startReady(settings);
        var metrics = new io.outboxpipeline.runtime.Metrics();
        var pool = settings.mysql().open("purge", false, metrics.registry())) {
      var api = new Api(base.port());
      api.postWithKey("young", body("ada", "1"));
      String digits = "(SELECT 0 d UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4)";
      db.execute(
          """
          INSERT INTO obt_spending_key
          SELECT CONCAT('old-', a.d, b.d, c.d, e.d, f.d), digest, spending_id,
            created_at - INTERVAL 25 HOUR
          FROM obt_spending_key, %1$s a, %1$s b, %1$s c, %1$s e, %1$s f
          """
              .formatted(digits));
      assertThat(db.number("SELECT COUNT(*) FROM obt_spending_key")).isEqualTo(3126);
      var transactions = new Transactions(pool, metrics.registry().counter("retries"));
      assertThat(KeyPurge.purge(transactions, Duration.ofHours(24))).isEqualTo(3125);
      assertThat(api.postWithKey("young", body("ada", "2")).statusCode()).isEqualTo(422);
      assertThat(KeyPurge.purge(transactions, Duration.ofHours(24))).isZero();
    }
  }

  @ParameterizedTest
  @EnumSource
  void a_key_is_as_old_as_the_database_says_whatever_the_clocks_of_bases(TestDatabase server)
      throws Exception {
    Database db = server.create();
    var settings = TestBase.settings(db);
    Duration day = Duration.ofHours(25);
    try (var late = BaseService.start(settings, () -> Instant.now().minus(day));
        var early = BaseService.start(settings, () -> Instant.now().plus(day));
        var metrics = new io.outboxpipeline.runtime.Metrics();
        var pool = settings.mysql().open("purge", false, metrics.registry())) {
      TestBase.awaitReady(late);
      TestBase.awaitReady(early);
      var first = new Api(late.port()).postWithKey("late", body("ada", "1"));
      new Api(early.port()).postWithKey("early", body("ada", "1"));
      var transactions = new Transactions(pool, metrics.registry().counter("retries"));
      assertThat(KeyPurge.purge(transactions, Duration.ofHours(24))).isZero();
      assertThat(new Api(early.port()).postWithKey("late", body("ada", "1")).body())
          .isEqualTo(first.body());
      db.execute("UPDATE obt_spending_key SET created_at = created_at - INTERVAL 1441 MINUTE");
      assertThat(KeyPurge.purge(transactions, Duration.ofHours(24))).isEqualTo(2);
    }
  }

  @Test
  void every_operation_of_the_openapi_document_is_served() {
    Database db = TestDatabase.preferred().create();
    try (var base = TestBase.startReady(TestBase.settings(db))) {
      var api = new Api(base.port());
      var document = api.send("GET", "/openapi", "", "Accept", "application/json");
      assertThat(document.statusCode()).isEqualTo(200);
      var paths = json(document).getJsonObject("paths");
      assertThat(paths.keySet())
          .containsExactlyInAnyOrder("/api/v1/spending", "/api/v1/spending/{id}");
      String location = api.post(body("ada", "1")).headers().firstValue("location").orElseThrow();
      for (String path : paths.keySet()) {
        var operations = paths.getJsonObject(path).keySet();
        for (String method : List.of("get", "post", "put", "patch", "delete")) {
          String concrete = path.replace("/api/v1/spending/{id}", location);
          int status =
              api.send(method.toUpperCase(java.util.Locale.ROOT), concrete, "").statusCode();
          if (operations.contains(method)) {
            assertThat(status).as(method + " " + path).isNotIn(404, 405);
          } else {
            assertThat(status).as(method + " " + path).isEqualTo(405);
          }
        }
      }
      assertThat(api.get("/openapi").body()).contains("openapi: 3.0.3");
    }
  }

  @Test
  void a_stopped_base_answers_what_it_began_and_frees_its_port() {
    Database db = TestDatabase.preferred().create();
    var base = TestBase.startReady(TestBase.settings(db));
    var api = new Api(base.port());
    api.post(body("ada", "1"));
    base.close();
    base.close();
    assertThatThrownBy(() -> api.get("/health/live"))
        .isInstanceOf(java.io.UncheckedIOException.class);
  }

  @Test
  void the_settings_are_read_with_their_defaults() {
    var settings =
        BaseSettings.read(
            Settings.of(
                Map.of("MYSQL_DATABASE", "spending", "MYSQL_USER", "base", "MYSQL_PASSWORD", "x")));
    assertThat(settings.server().port()).isEqualTo(8081);
    assertThat(settings.migrate()).isTrue();
    assertThat(settings.idempotencyRetention()).isEqualTo(Duration.ofHours(24));
    assertThat(Stream.of(settings.toString())).noneMatch(s -> s.contains("Secret[value=x"));
  }
}
