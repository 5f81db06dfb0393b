package io.outboxpipeline.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outboxpipeline.embedded.EmbeddedMariaDb;
import io.outboxpipeline.embedded.EmbeddedSqs;
import io.outboxpipeline.migrations.Migrations;
import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.NewEvent;
import io.outboxpipeline.outbox.Outbox;
import io.outboxpipeline.runtime.MySqlSettings;
import io.outboxpipeline.runtime.Secret;
import io.outboxpipeline.runtime.ServerSettings;
import io.outboxpipeline.runtime.SqsSettings;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.TcpProxy;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/**
 * The primary is switched: a proxy leads new connections to another server, those that are open
 * stay open, and the old primary lives on, read-only.
 */
final class PrimarySwitchIT {
  private final EmbeddedSqs peer = EmbeddedSqs.start(0);
  private final SqsSettings sqs =
      new SqsSettings(
          "q.fifo",
          Optional.empty(),
          Optional.of(peer.endpoint()),
          Optional.of("eu-central-1"),
          Optional.of(StaticCredentialsProvider.create(AwsBasicCredentials.create("x", "x"))));

  @Test
  void events_on_the_new_primary_are_sent_within_seconds() throws Exception {
    try (var a = EmbeddedMariaDb.start(0);
        var b = EmbeddedMariaDb.start(0);
        var proxy = new TcpProxy(a.port());
        SqsClient client = sqs.open(SqsSettings.Retries.STANDARD, Duration.ofSeconds(10), 2)) {
      client.createQueue(
          r -> r.queueName("q.fifo").attributes(Map.of(QueueAttributeName.FIFO_QUEUE, "true")));
      Database first = created(a);
      Database second = created(b);
      var mysql =
          MySqlSettings.local(
              first.host(), proxy.port(), first.name(), first.user(), new Secret(first.password()));
      try (RelayService relay =
          RelayService.start(RelaySettings.of(ServerSettings.local(0), mysql, sqs))) {
        await().until(() -> ready(relay).startsWith("200"));
        commit(first, "before");
        await().until(() -> rows(first) == 0);
        first.execute("SET GLOBAL read_only = 1");
        copy(first, second);

        proxy.lead(b.port());
        commit(second, "after");

        await().atMost(Duration.ofSeconds(45)).until(() -> rows(second) == 0);
        await().until(() -> ready(relay).startsWith("200"));
        first.execute("SET GLOBAL read_only = 0");
      }
    } finally {
      peer.close();
    }
  }

  @Test
  void a_read_only_server_is_trouble_that_is_told() throws Exception {
    try (var a = EmbeddedMariaDb.start(0);
        SqsClient client = sqs.open(SqsSettings.Retries.STANDARD, Duration.ofSeconds(10), 2)) {
      client.createQueue(
          r -> r.queueName("q.fifo").attributes(Map.of(QueueAttributeName.FIFO_QUEUE, "true")));
      Database only = created(a);
      var mysql =
          MySqlSettings.local(
              only.host(), only.port(), only.name(), only.user(), new Secret(only.password()));
      try (RelayService relay =
          RelayService.start(RelaySettings.of(ServerSettings.local(0), mysql, sqs))) {
        await().until(() -> ready(relay).startsWith("200"));
        only.execute("SET GLOBAL read_only = 1");
        await().atMost(Duration.ofSeconds(45)).until(() -> ready(relay).contains("read-only"));
        only.execute("SET GLOBAL read_only = 0");
        await().until(() -> ready(relay).startsWith("200"));
        assertThat(rows(only)).isZero();
      }
    } finally {
      peer.close();
    }
  }

  private static Database created(EmbeddedMariaDb server) throws SQLException {
    var database =
        new Database(server.host(), server.port(), "base", server.user(), server.password());
    var root =
        new Database(server.host(), server.port(), "mysql", server.user(), server.password());
    root.execute("CREATE DATABASE IF NOT EXISTS base CHARACTER SET utf8mb4");
    Migrations.outbox(database.dataSource());
    return database;
  }

  private static void commit(Database database, String id) throws SQLException {
    try (Connection c = database.dataSource().getConnection()) {
      c.setAutoCommit(false);
      Outbox.append(c, NewEvent.json(new Aggregate("test", id), "t", "{}"));
      c.commit();
    }
  }

  private static long rows(Database database) {
    return database.number("SELECT COUNT(*) FROM obt");
  }

  /** What a replica would have: the leases and the fence. */
  private static void copy(Database from, Database to) throws SQLException {
    for (String table :
        List.of("obt_member", "obt_lease", "obt_partition", "obt_partition_count")) {
      try (Connection source = from.dataSource().getConnection();
          Connection target = to.dataSource().getConnection();
          var read = source.createStatement();
          var rows = read.executeQuery("SELECT * FROM " + table)) {
        int columns = rows.getMetaData().getColumnCount();
        String sql = "INSERT INTO " + table + " VALUES (?" + ", ?".repeat(columns - 1) + ")";
        try (var insert = target.prepareStatement(sql)) {
          while (rows.next()) {
            for (int i = 1; i <= columns; i++) {
              insert.setString(i, rows.getString(i));
            }
            insert.executeUpdate();
          }
        }
      }
    }
  }

  private static String ready(RelayService relay) throws Exception {
    try (HttpClient http = HttpClient.newHttpClient()) {
      HttpResponse<String> answer =
          http.send(
              HttpRequest.newBuilder(
                      URI.create("http://127.0.0.1:" + relay.port() + "/health/ready"))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      return answer.statusCode() + " " + answer.body();
    }
  }
}
