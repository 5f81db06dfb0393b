package io.outboxpipeline.quickstart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outboxpipeline.embedded.EmbeddedSqs;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.FaultySqs;
import io.outboxpipeline.testkit.TestDatabase;
import io.outboxpipeline.testkit.TestSize;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/**
 * The real processes under load, killed, paused and restarted meanwhile. Whatever happens: what the
 * base committed is what the consumer has, once, in order per identity, and nothing else.
 */
final class PipelineIT {
  private static final int POSTS = TestSize.of(6_000, 20_000);

  /** So that there is load during all faults, and two cores do not spend it on the clients. */
  private static final int PER_SECOND = TestSize.of(150, 1_000_000);

  private static final int IDENTITIES = 500;
  private static final Path LOGS = Path.of("target", "pipeline-logs");

  private final Database base = TestDatabase.preferred().create();
  private final Database consumer = TestDatabase.preferred().create();
  private final EmbeddedSqs peer = EmbeddedSqs.start(0);
  private final FaultySqs sqs = new FaultySqs(peer.endpoint());
  private final List<AutoCloseable> toClose = new ArrayList<>();

  @BeforeEach
  void createQueue() {
    Pipeline.createQueue(peer.endpoint(), Map.of(QueueAttributeName.VISIBILITY_TIMEOUT, "5"));
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable c : toClose.reversed()) {
      c.close();
    }
    sqs.close();
    peer.close();
  }

  private Pipeline start(String logs, boolean foreign) {
    var pipeline = new Pipeline(base, consumer, sqs.endpoint(), LOGS.resolve(logs), foreign);
    toClose.add(pipeline);
    pipeline.startBase("base-1");
    pipeline.startBase("base-2");
    pipeline.startConsumer("consumer");
    pipeline.awaitReady("base-1");
    pipeline.awaitReady("base-2");
    Arrived.refuseWhatIsToBeRolledBack(base);
    for (String relay : List.of("relay-1", "relay-2", "relay-3")) {
      pipeline.startRelay(relay);
    }
    for (String relay : List.of("relay-1", "relay-2", "relay-3", "consumer")) {
      pipeline.awaitReady(relay);
    }
    return pipeline;
  }

  private Clients load(Pipeline pipeline, int posts) {
    var clients =
        new Clients(
            32,
            posts,
            PER_SECOND,
            IDENTITIES,
            List.of(
                pipeline.uri("base-1", "/api/v1/spending"),
                pipeline.uri("base-2", "/api/v1/spending")));
    toClose.add(clients);
    return clients;
  }

  private static void awaitAnswered(Clients clients, int answered) {
    await().atMost(Duration.ofMinutes(10)).until(() -> clients.answered() >= answered);
  }

  @Test
  void every_commit_arrives_once_and_in_order_while_processes_die_hang_and_restart()
      throws Exception {
    Pipeline pipeline = start("faults-of-processes", false);
    Clients clients = load(pipeline, POSTS);

    awaitAnswered(clients, POSTS / 10);
    pipeline.process("relay-1").kill();
    awaitAnswered(clients, POSTS * 2 / 10);
    pipeline.process("relay-2").pause();
    await("the paused relay's partitions are others'")
        .until(
            () -> base.number("SELECT COUNT(*) FROM obt_partition WHERE owner = 'relay-2'") == 0);
    pipeline.process("relay-2").resume();
    awaitAnswered(clients, POSTS * 5 / 10);
    pipeline.startRelay("relay-1");
    awaitAnswered(clients, POSTS * 6 / 10);
    assertThat(pipeline.process("relay-3").stop(30)).as("exit code after SIGTERM").isZero();
    pipeline.startRelay("relay-3");
    awaitAnswered(clients, POSTS * 7 / 10);
    pipeline.process("consumer").kill();
    awaitAnswered(clients, POSTS * 8 / 10);
    pipeline.startConsumer("consumer");

    clients.await();
    assertEverythingArrived(clients);
  }

  /** In Arabic, Turkish and Thai, in Kathmandu's time zone, with an old encoding. */
  @Test
  void every_commit_arrives_once_and_in_order_while_sqs_fails_throttles_and_drops_answers()
      throws Exception {
    Pipeline pipeline = start("faults-of-sqs", true);
    sqs.set(new FaultySqs.Faults(0.05, 0.05, 0.05));
    Clients clients = load(pipeline, POSTS);

    awaitAnswered(clients, POSTS * 3 / 10);
    pipeline.process("relay-1").kill();
    awaitAnswered(clients, POSTS * 5 / 10);
    pipeline.process("consumer").kill();
    pipeline.startConsumer("consumer");
    awaitAnswered(clients, POSTS * 7 / 10);
    pipeline.startRelay("relay-1");

    clients.await();
    sqs.set(FaultySqs.Faults.NONE);
    assertThat(sqs.injected()).as("faults").isGreaterThan(POSTS / 200);
    assertEverythingArrived(clients);
  }

  private void assertEverythingArrived(Clients clients) {
    assertThat(clients.rolledBack()).isEqualTo(POSTS / 5);
    assertThat(clients.posted()).isEqualTo(POSTS - POSTS / 5);
    Arrived.awaitAll(base, consumer, clients.posted());
  }
}
