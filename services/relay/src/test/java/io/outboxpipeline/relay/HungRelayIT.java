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
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/**
 * A relay process that is stopped (SIGSTOP) in the middle of a transaction that locks the epoch of
 * its partition: others must be able to raise that epoch, long before its connection is lost.
 */
final class HungRelayIT {
  private static final String DEADLINE = "2s";

  private final Database database = TestDatabase.preferred().create();
  private final EmbeddedSqs peer = EmbeddedSqs.start(0);

  @BeforeEach
  void prepare() {
    Migrations.outbox(database.dataSource());
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

  @AfterEach
  void close() {
    peer.close();
  }

  @Test
  void a_relay_that_hangs_in_a_delete_does_not_keep_its_partition(@TempDir Path logs)
      throws Exception {
    append("{}");
    hangsWhileItWaitsFor("SELECT id FROM obt FOR UPDATE", "DELETE obt FROM obt%", logs);
    assertThat(database.number("SELECT COUNT(*) FROM obt")).isEqualTo(1);
  }

  @Test
  void a_relay_that_hangs_while_it_records_a_hold_does_not_keep_its_partition(@TempDir Path logs)
      throws Exception {
    append("{\"x\":\"" + "y".repeat(300_000) + "\"}");
    hangsWhileItWaitsFor(
        """
        INSERT INTO obt_quarantine
          (event_id, slot, id, aggregate_type, aggregate_id, sequence, event_type, reason, state)
        SELECT event_id, slot, id, aggregate_type, aggregate_id, sequence, event_type, 'test', 'held'
        FROM obt
        """,
        "INSERT IGNORE INTO obt_quarantine%",
        logs);
    assertThat(database.number("SELECT COUNT(*) FROM obt_quarantine")).isZero();
  }

  /**
   * Stops a relay once a lock stands in the way of its statement; then lets the statement be done,
   * and raises the epochs as another relay would.
   */
  private void hangsWhileItWaitsFor(String lock, String statement, Path logs) throws Exception {
    try (Connection holder = database.dataSource().getConnection();
        var s = holder.createStatement()) {
      holder.setAutoCommit(false);
      s.execute(lock);
      try (JavaProcess relay = start(logs)) {
        await()
            .until(
                () ->
                    database.number(
                            "SELECT COUNT(*) FROM %s WHERE info LIKE '%s'"
                                .formatted(database.running(), statement))
                        > 0);
        relay.pause();
        holder.rollback();

        s.execute("SET innodb_lock_wait_timeout = 20");
        assertThat(s.executeUpdate("UPDATE obt_partition SET epoch = epoch + 1")).isEqualTo(1);
        holder.commit();
      }
    }
  }

  private void append(String data) throws SQLException {
    try (Connection c = database.dataSource().getConnection()) {
      c.setAutoCommit(false);
      Outbox.append(c, NewEvent.json(new Aggregate("test", "a"), "t", data));
      c.commit();
    }
  }

  private JavaProcess start(Path logs) {
    return RelayProcess.start(
        "relay",
        database,
        peer.endpoint(),
        logs,
        Map.of(
            "RELAY_PARTITIONS", "1",
            "RELAY_LEASE_DURATION", "4s",
            "RELAY_RENEW_DEADLINE", DEADLINE,
            "RELAY_RETRY_PERIOD", "500ms"),
        List.of());
  }
}
