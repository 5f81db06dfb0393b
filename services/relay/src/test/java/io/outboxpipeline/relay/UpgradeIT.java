package io.outboxpipeline.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outboxpipeline.embedded.EmbeddedSqs;
import io.outboxpipeline.migrations.Migrations;
import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.CloudEventsCodec;
import io.outboxpipeline.outbox.CloudEventsCodec.Received;
import io.outboxpipeline.outbox.CloudEventsCodec.UnreadableMessageException;
import io.outboxpipeline.outbox.NewEvent;
import io.outboxpipeline.outbox.Outbox;
import io.outboxpipeline.runtime.MySqlSettings;
import io.outboxpipeline.runtime.Secret;
import io.outboxpipeline.runtime.ServerSettings;
import io.outboxpipeline.runtime.SqsSettings;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.MigrationVersion;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/** The tables of the previous release are brought up to date while it works on them, and back. */
final class UpgradeIT {
  private static final int AGGREGATES = 3;

  /** As the previous release migrates: it knows nothing newer than version 3. */
  private static void migrateAsBefore(TestDatabase server, Database database) {
    Flyway.configure(Migrations.class.getClassLoader())
        .dataSource(database.dataSource())
        .locations("classpath:io/outboxpipeline/outbox/schema")
        .table("obt_schema_history")
        .placeholders(
            Map.of(
                "collation",
                server == TestDatabase.MARIADB ? "utf8mb4_nopad_bin" : "utf8mb4_0900_bin"))
        .baselineOnMigrate(true)
        .baselineVersion("0")
        .target(MigrationVersion.fromVersion("3"))
        .load()
        .migrate();
  }

  private static SqsSettings sqs(EmbeddedSqs peer) {
    return new SqsSettings(
        "q.fifo",
        Optional.empty(),
        Optional.of(peer.endpoint()),
        Optional.of("eu-central-1"),
        Optional.of(StaticCredentialsProvider.create(AwsBasicCredentials.create("x", "x"))));
  }

  private static RelayService relay(Database database, SqsSettings sqs) {
    return RelayService.start(
        RelaySettings.of(
            ServerSettings.local(0),
            MySqlSettings.local(
                database.host(),
                database.port(),
                database.name(),
                database.user(),
                new Secret(database.password())),
            sqs));
  }

  private static void write(Database database, AtomicLong written) {
    try (Connection c = database.dataSource().getConnection()) {
      c.setAutoCommit(false);
      for (int n = 0; n < AGGREGATES; n++) {
        Outbox.append(c, NewEvent.json(new Aggregate("test", "a" + n), "t", "{}"));
      }
      c.commit();
      written.incrementAndGet();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void awaitSent(Database database) {
    await().until(() -> database.number("SELECT COUNT(*) FROM obt") == 0);
  }

  /** What came, in its order; sequences by source and aggregate. */
  private static Map<String, List<Long>> receive(SqsClient client, long events)
      throws UnreadableMessageException {
    Map<String, List<Long>> received = new HashMap<>();
    String url = client.getQueueUrl(r -> r.queueName("q.fifo")).queueUrl();
    long count = 0;
    while (count < events) {
      var messages =
          client
              .receiveMessage(r -> r.queueUrl(url).maxNumberOfMessages(10).waitTimeSeconds(2))
              .messages();
      assertThat(messages).as("%d of %d events have come", count, events).isNotEmpty();
      for (var message : messages) {
        for (Received one : CloudEventsCodec.decode(message.body())) {
          received
              .computeIfAbsent(
                  one.source() + " " + one.event().aggregate().id(), k -> new ArrayList<>())
              .add(one.event().sequence());
          count++;
        }
        client.deleteMessage(r -> r.queueUrl(url).receiptHandle(message.receiptHandle()));
      }
    }
    return received;
  }

  @ParameterizedTest
  @EnumSource(TestDatabase.class)
  void events_go_on_under_their_name_while_tables_are_upgraded_and_after_going_back(
      TestDatabase server) throws UnreadableMessageException {
    Database database = server.create();
    migrateAsBefore(server, database);
    var written = new AtomicLong();
    write(database, written);
    try (var peer = EmbeddedSqs.start(0);
        SqsClient client =
            sqs(peer).open(SqsSettings.Retries.STANDARD, Duration.ofSeconds(10), 2)) {
      client.createQueue(
          r -> r.queueName("q.fifo").attributes(Map.of(QueueAttributeName.FIFO_QUEUE, "true")));
      try (RelayService running = relay(database, sqs(peer))) {
        assertThat(running.port()).isPositive();
        awaitSent(database);
        var stop = new AtomicBoolean();
        var writer =
            CompletableFuture.runAsync(
                () -> {
                  while (!stop.get()) {
                    write(database, written);
                  }
                });
        Migrations.outbox(database.dataSource());
        long then = written.get();
        await().until(() -> written.get() > then + 10);
        stop.set(true);
        writer.join();
        awaitSent(database);
      }
      migrateAsBefore(server, database);
      try (RelayService back = relay(database, sqs(peer))) {
        write(database, written);
        awaitSent(database);
        assertThat(back.port()).isPositive();
      }
      Map<String, List<Long>> received = receive(client, written.get() * AGGREGATES);
      List<Long> all = LongStream.rangeClosed(1, written.get()).boxed().toList();
      assertThat(received).as("one name for all of it").hasSize(AGGREGATES);
      received.forEach((chain, numbers) -> assertThat(numbers).as(chain).isEqualTo(all));
    }
  }
}
