package io.outboxpipeline.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outboxpipeline.embedded.EmbeddedSqs;
import io.outboxpipeline.migrations.Migrations;
import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.NewEvent;
import io.outboxpipeline.outbox.Outbox;
import io.outboxpipeline.runtime.SqsSettings;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.JavaProcess;
import io.outboxpipeline.testkit.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/** A relay on a machine whose language writes numbers in digits of its own. */
final class LocaleIT {
  private static final List<String> EGYPT = List.of("-Duser.language=ar", "-Duser.country=EG");

  @Test
  void a_relay_sends_whatever_the_language_of_its_machine(@TempDir Path logs) throws Exception {
    Database database = TestDatabase.preferred().create();
    Migrations.outbox(database.dataSource());
    try (var peer = EmbeddedSqs.start(0)) {
      createQueue(peer);
      append(database);
      try (JavaProcess relay =
          RelayProcess.start(
              "relay", database, peer.endpoint(), logs, Map.of("RELAY_PARTITIONS", "1"), EGYPT)) {
        await()
            .untilAsserted(
                () ->
                    assertThat(database.number("SELECT COUNT(*) FROM obt"))
                        .as(() -> log(logs))
                        .isZero());
        assertThat(relay.isAlive()).isTrue();
      }
    }
  }

  private static String log(Path logs) {
    try {
      return Files.readString(logs.resolve("relay.log"));
    } catch (IOException e) {
      return e.toString();
    }
  }

  private static void createQueue(EmbeddedSqs peer) {
    try (var sqs =
        new SqsSettings(
                "q.fifo",
                Optional.empty(),
                Optional.of(peer.endpoint()),
                Optional.of("eu-central-1"),
                Optional.of(StaticCredentialsProvider.create(AwsBasicCredentials.create("x", "x"))))
            .open(SqsSettings.Retries.STANDARD, Duration.ofSeconds(10), 1)) {
      sqs.createQueue(
          r -> r.queueName("q.fifo").attributes(Map.of(QueueAttributeName.FIFO_QUEUE, "true")));
    }
  }

  private static void append(Database database) throws Exception {
    try (Connection c = database.dataSource().getConnection()) {
      c.setAutoCommit(false);
      for (int i = 0; i < 20; i++) {
        Outbox.append(c, NewEvent.json(new Aggregate("test", "a" + i % 3), "t", "{}"));
      }
      c.commit();
    }
  }
}
