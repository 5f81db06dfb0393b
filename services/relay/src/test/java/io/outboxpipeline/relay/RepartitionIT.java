package io.outboxpipeline.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.outboxpipeline.embedded.EmbeddedSqs;
import io.outboxpipeline.migrations.Migrations;
import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.NewEvent;
import io.outboxpipeline.outbox.Outbox;
import io.outboxpipeline.ownership.DatabaseLeaseStore;
import io.outboxpipeline.ownership.WantedPartitions;
import io.outboxpipeline.runtime.SqsSettings;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.JavaProcess;
import io.outboxpipeline.testkit.TestDatabase;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.DeleteMessageBatchRequestEntry;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/** Relays as processes, events all the while, and another number of partitions twice. */
final class RepartitionIT {

  private static final int WRITERS = 4;
  private static final int AGGREGATES_EACH = 25;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Database database = TestDatabase.preferred().create();
  private final EmbeddedSqs peer = EmbeddedSqs.start(0);
  private final SqsClient sqs =
      new SqsSettings(
              "q.fifo",
              Optional.empty(),
              Optional.of(peer.endpoint()),
              Optional.of("eu-central-1"),
              Optional.of(StaticCredentialsProvider.create(AwsBasicCredentials.create("x", "x"))))
          .open(SqsSettings.Retries.STANDARD, Duration.ofSeconds(10), 4);
  private final List<JavaProcess> relays = new ArrayList<>();

  @AfterEach
  void close() {
    relays.forEach(JavaProcess::close);
    sqs.close();
    peer.close();
  }

  @Test
  void no_event_is_lost_doubled_or_reordered_when_the_number_of_partitions_changes(
      @TempDir Path logs) throws Exception {
    Migrations.outbox(database.dataSource());
    String queue =
        sqs.createQueue(
                r ->
                    r.queueName("q.fifo").attributes(Map.of(QueueAttributeName.FIFO_QUEUE, "true")))
            .queueUrl();
    var leases = new DatabaseLeaseStore(database.dataSource());
    WantedPartitions.set(leases, 8);
    for (int i = 0; i < 3; i++) {
      startRelay("r" + i, logs);
    }
    var stop = new AtomicBoolean();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Long>> written =
          IntStream.range(0, WRITERS).mapToObj(w -> threads.submit(() -> write(w, stop))).toList();
      try {
        awaitOwned(8);
        WantedPartitions.set(leases, 32);
        awaitOwned(32);
        WantedPartitions.set(leases, 5);
        awaitOwned(5);
      } finally {
        stop.set(true);
      }
      long events = 0;
      for (Future<Long> f : written) {
        events += f.get();
      }
      await().until(() -> database.number("SELECT COUNT(*) FROM obt") == 0);

      Map<String, List<Long>> received = receive(queue);
      assertThat(received.values().stream().mapToLong(List::size).sum()).isEqualTo(events);
      assertThat(received)
          .allSatisfy(
              (aggregate, sequences) ->
                  assertThat(sequences)
                      .isEqualTo(LongStream.rangeClosed(1, sequences.size()).boxed().toList()));
      assertThat(received).hasSize(WRITERS * AGGREGATES_EACH);
    }
  }

  @Test
  void a_relay_with_its_leases_in_the_database_never_loads_the_kubernetes_client(@TempDir Path logs)
      throws Exception {
    Migrations.outbox(database.dataSource());
    Path loaded = logs.resolve("classes.txt");
    startRelay("r0", logs, "-Xlog:class+load:file=" + loaded);
    awaitOwned(64);
    assertThat(Files.readString(loaded))
        .contains("io.outboxpipeline.relay.RelayService")
        .doesNotContain("io.fabric8");
  }

  private void startRelay(String name, Path logs, String... options) {
    relays.add(
        RelayProcess.start(
            name,
            database,
            peer.endpoint(),
            logs,
            Map.of(
                "RELAY_MEMBER", name,
                "RELAY_LEASE_DURATION", "6s",
                "RELAY_RENEW_DEADLINE", "4s",
                "RELAY_RETRY_PERIOD", "500ms"),
            List.of(options)));
  }

  /** All partitions are cut as wanted, and held by somebody. */
  private void awaitOwned(int partitions) {
    await()
        .until(
            () ->
                database.number("SELECT COUNT(*) FROM obt_partition") == partitions
                    && database.number(
                            "SELECT COUNT(*) FROM obt_partition p JOIN obt_lease l"
                                + " ON l.partition_no = p.partition_no AND l.holder = p.owner"
                                + " AND l.epoch = p.epoch")
                        == partitions);
  }

  private long write(int writer, AtomicBoolean stop) throws Exception {
    long written = 0;
    try (Connection c = database.dataSource().getConnection()) {
      c.setAutoCommit(false);
      while (!stop.get()) {
        for (int a = 0; a < AGGREGATES_EACH; a++) {
          var aggregate = new Aggregate("test", writer + "-" + a);
          Outbox.append(c, NewEvent.json(aggregate, "t", "{}"));
          written++;
          c.commit();
        }
        Thread.sleep(20); // a load, not a flood
      }
    }
    return written;
  }

  /** What the queue holds, in its order for each aggregate. */
  private Map<String, List<Long>> receive(String queue) throws Exception {
    var received = new HashMap<String, List<Long>>();
    List<Message> messages;
    do {
      messages =
          sqs.receiveMessage(r -> r.queueUrl(queue).maxNumberOfMessages(10).waitTimeSeconds(1))
              .messages();
      var done = new ArrayList<DeleteMessageBatchRequestEntry>();
      for (Message m : messages) {
        JsonNode body = JSON.readTree(m.body());
        for (JsonNode event : body.isArray() ? body : List.of(body)) {
          received
              .computeIfAbsent(event.path("partitionkey").asText(), k -> new ArrayList<>())
              .add(event.path("sequence").asLong());
        }
        done.add(
            DeleteMessageBatchRequestEntry.builder()
                .id(Integer.toString(done.size()))
                .receiptHandle(m.receiptHandle())
                .build());
      }
      if (!done.isEmpty()) {
        sqs.deleteMessageBatch(r -> r.queueUrl(queue).entries(done));
      }
    } while (!messages.isEmpty());
    return received;
  }
}
