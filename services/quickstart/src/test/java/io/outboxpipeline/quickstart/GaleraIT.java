package io.outboxpipeline.quickstart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outboxpipeline.embedded.EmbeddedSqs;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.TestSize;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/**
 * A cluster of three writers: each connection of base, relay and consumer goes to another node, and
 * nodes are killed, frozen and left without a quorum under load.
 */
final class GaleraIT {
  private static final int POSTS = TestSize.of(2_400, 20_000);
  private static final int PER_SECOND = 60;
  private static final int IDENTITIES = 200;
  private static final Path FOLDER = Path.of("target", "galera");

  @Test
  void every_commit_arrives_once_and_in_order_while_nodes_die_freeze_and_lose_their_quorum()
      throws Exception {
    try (var galera = Galera.start(FOLDER, "outbox", "spent");
        var sqs = EmbeddedSqs.start(0);
        var http = HttpClient.newHttpClient()) {
      Database base = galera.through("outbox");
      Database consumer = galera.through("spent");
      Pipeline.createQueue(sqs.endpoint(), Map.of(QueueAttributeName.VISIBILITY_TIMEOUT, "5"));
      try (var pipeline =
          new Pipeline(base, consumer, sqs.endpoint(), FOLDER.resolve("logs"), false)) {
        pipeline.startBase("base");
        pipeline.startConsumer("consumer");
        pipeline.awaitReady("base");
        Arrived.refuseWhatIsToBeRolledBack(base);
        pipeline.startRelay("relay-1");
        pipeline.startRelay("relay-2");
        for (String name : List.of("relay-1", "relay-2", "consumer")) {
          pipeline.awaitReady(name);
        }
        try (var clients =
            new Clients(
                16,
                POSTS,
                PER_SECOND,
                IDENTITIES,
                List.of(pipeline.uri("base", "/api/v1/spending")))) {
          awaitAnswered(clients, POSTS / 10);
          galera.kill(1);
          awaitAnswered(clients, POSTS * 3 / 10);
          galera.restart(1);
          awaitAnswered(clients, POSTS * 4 / 10);
          galera.freeze(2);
          awaitAnswered(clients, POSTS * 6 / 10);
          galera.thaw(2);
          awaitAnswered(clients, POSTS * 7 / 10);
          galera.freeze(1);
          galera.freeze(2);
          await("the base says that the database is away")
              .until(
                  () ->
                      Pipeline.ask(
                              http, HttpRequest.newBuilder(pipeline.uri("base", "/health/ready")))
                          .startsWith("503"));
          galera.thaw(1);
          galera.thaw(2);
          clients.await();
          assertThat(clients.rolledBack()).isEqualTo(POSTS / 5);
          assertThat(clients.posted()).isEqualTo(POSTS - POSTS / 5);
          Arrived.awaitAll(base, consumer, clients.posted());
        }
      }
    }
  }

  private static void awaitAnswered(Clients clients, int answered) {
    await().atMost(Duration.ofMinutes(10)).until(() -> clients.answered() >= answered);
  }
}
