package io.outboxpipeline.quickstart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outboxpipeline.embedded.EmbeddedSqs;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.TestSize;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/**
 * A cluster of three databases, all of them written to, behind an address that leads each new
 * connection to the next node that runs. Open connections stay where they are, so that a frozen
 * node is found by time-outs alone.
 */
interface SeveralWriters extends AutoCloseable {
  int NODES = 3;
  int POSTS = TestSize.of(2_400, 20_000);
  int PER_SECOND = 60;
  int IDENTITIES = 200;

  /** A database of the cluster, as a service reaches it. */
  Database through(String database);

  /** Ends a node without a word. */
  void kill(int node) throws Exception;

  /** Starts one that was killed, and waits until it takes part. */
  void restart(int node) throws Exception;

  /** Stops a node where it is: its connections stay open, and new ones are taken. */
  void freeze(int node);

  /** Ends {@link #freeze}. */
  void thaw(int node);

  @Override
  void close();

  /**
   * Runs a base, two relays and a consumer on it under load, while nodes die, freeze and lose their
   * quorum, and checks that all arrives once and in order.
   */
  default void carryAll(Path folder) throws Exception {
    try (var sqs = EmbeddedSqs.start(0);
        var http = HttpClient.newHttpClient()) {
      Database base = through("outbox");
      Database consumer = through("spent");
      Pipeline.createQueue(sqs.endpoint(), Map.of(QueueAttributeName.VISIBILITY_TIMEOUT, "5"));
      try (var pipeline =
          new Pipeline(base, consumer, sqs.endpoint(), folder.resolve("logs"), false)) {
        pipeline.startBase("base");
        pipeline.startConsumer("consumer");
        pipeline.awaitReady("base");
        Arrived.refuseWhatIsToBeRolledBack(base);
        pipeline.startRelay("relay-1");
        pipeline.startRelay("relay-2");
        for (String name : List.of("relay-1", "relay-2", "consumer")) {
          pipeline.awaitReady(name);
        }
        List<URI> bases = List.of(pipeline.uri("base", "/api/v1/spending"));
        try (var clients = new Clients(16, POSTS, PER_SECOND, IDENTITIES, bases)) {
          trouble(clients, () -> isAway(http, pipeline));
          clients.await();
          assertThat(clients.rolledBack()).isEqualTo(POSTS / 5);
          assertThat(clients.posted()).isEqualTo(POSTS - POSTS / 5);
          Arrived.awaitAll(base, consumer, clients.posted());
        }
      }
    }
  }

  private void trouble(Clients clients, Callable<Boolean> away) throws Exception {
    awaitAnswered(clients, POSTS / 10);
    kill(1);
    awaitAnswered(clients, POSTS * 3 / 10);
    restart(1);
    awaitAnswered(clients, POSTS * 4 / 10);
    freeze(2);
    awaitAnswered(clients, POSTS * 6 / 10);
    thaw(2);
    awaitAnswered(clients, POSTS * 7 / 10);
    freeze(1);
    freeze(2);
    await("the base says that the database is away").until(away);
    thaw(1);
    thaw(2);
  }

  private static boolean isAway(HttpClient http, Pipeline pipeline) {
    return Pipeline.ask(http, HttpRequest.newBuilder(pipeline.uri("base", "/health/ready")))
        .startsWith("503");
  }

  private static void awaitAnswered(Clients clients, int answered) {
    await().atMost(Duration.ofMinutes(10)).until(() -> clients.answered() >= answered);
  }
}
