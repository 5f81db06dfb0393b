package io.outboxpipeline.operator.queue;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.outboxpipeline.embedded.EmbeddedSqs;
import io.outboxpipeline.operator.TestQueues;
import io.outboxpipeline.operator.api.QueueSpec;
import io.outboxpipeline.operator.model.BoundQueue;
import io.outboxpipeline.operator.model.Notice;
import io.outboxpipeline.runtime.Secret;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/** A queue's life against an SQS peer. */
final class QueuesIT {
  private static final AtomicInteger COUNT = new AtomicInteger();
  private static final Owner OWNER = new Owner("shop/orders");

  private static EmbeddedSqs sqs;
  private static SqsClient direct;
  private static SqsClients clients;

  private Queues queues;
  private String name = "";

  @BeforeAll
  static void start() {
    sqs = EmbeddedSqs.start(0);
    direct = TestQueues.client(sqs.endpoint());
    clients = new SqsClients(Duration.ofMinutes(1));
  }

  @AfterAll
  static void stop() {
    clients.close();
    direct.close();
    sqs.close();
  }

  @BeforeEach
  void choose() {
    queues = new Queues(clients);
    name = "orders" + COUNT.incrementAndGet();
  }

  @Test
  void what_a_peer_does_not_know_is_left_out_and_said() {
    String spec =
        "name: %s.fifo, tlsOnly: true, maximumMessageSize: 4096, deadLetter: {onlyThisQueue: true}";
    String unknown = "QueueAttributeUnknown";
    done(spec(spec), "QueueCreated", "QueueCreated", unknown, unknown, unknown);
    done(spec(spec), unknown, unknown, unknown);
  }

  @Test
  void a_queue_of_another_account_is_not_created() {
    var bound = queues.bind(spec("name: %s.fifo, ownerAccountId: '123456789012'"), OWNER, access());
    assertThat(bound).isInstanceOf(Bound.Failed.class);
    assertThat(((Bound.Failed) bound).message()).contains("123456789012");
    assertThat(direct.listQueues().queueUrls()).noneMatch(u -> u.contains(name));
  }

  @Test
  void a_missing_queue_is_created_with_its_dead_letter_queue_as_described() {
    BoundQueue queue =
        done(
            spec(
                "name: %s.fifo, visibilityTimeout: 45s, messageRetention: 48h, deadLetter:"
                    + " {maxReceiveCount: 7}, tags: {team: payments}"),
            "QueueCreated",
            "QueueCreated");
    assertThat(queue.deadLetterUrl().orElseThrow()).endsWith(name + "-dlq.fifo");
    assertThat(attributes(queue.url()))
        .containsEntry(QueueAttributeName.VISIBILITY_TIMEOUT, "45")
        .containsEntry(QueueAttributeName.FIFO_QUEUE, "true");
    assertThat(attributes(queue.url()).get(QueueAttributeName.REDRIVE_POLICY))
        .contains(queue.deadLetterArn().orElseThrow())
        .contains("7");
    assertThat(tags(queue.url()))
        .containsEntry("team", "payments")
        .containsEntry("outboxpipeline.io/owner", OWNER.tag());
  }

  @Test
  void a_standard_queue_is_created_too() {
    BoundQueue queue = done(spec("name: %s, type: Standard"), "QueueCreated", "QueueCreated");
    assertThat(attributes(queue.url())).doesNotContainEntry(QueueAttributeName.FIFO_QUEUE, "true");
    assertThat(queue.deadLetterUrl().orElseThrow()).endsWith(name + "-dlq");
  }

  @Test
  void a_second_look_changes_nothing() {
    QueueSpec spec = spec("name: %s.fifo");
    done(spec, "QueueCreated", "QueueCreated");
    done(spec);
  }

  @Test
  void drift_is_put_right() {
    QueueSpec spec = spec("name: %s.fifo");
    BoundQueue queue = done(spec, "QueueCreated", "QueueCreated");
    direct.setQueueAttributes(
        r ->
            r.queueUrl(queue.url())
                .attributes(
                    Map.of(
                        QueueAttributeName.VISIBILITY_TIMEOUT,
                        "1",
                        QueueAttributeName.REDRIVE_POLICY,
                        "{\"deadLetterTargetArn\":\"%s\",\"maxReceiveCount\":99}"
                            .formatted(queue.deadLetterArn().orElseThrow()))));
    done(spec, "QueueCorrected");
    assertThat(attributes(queue.url())).containsEntry(QueueAttributeName.VISIBILITY_TIMEOUT, "30");
    assertThat(attributes(queue.url()).get(QueueAttributeName.REDRIVE_POLICY))
        .containsPattern("\"maxReceiveCount\":\"?5");
  }

  @Test
  void a_queue_that_was_deleted_by_hand_is_made_again() {
    QueueSpec spec = spec("name: %s.fifo");
    BoundQueue queue = done(spec, "QueueCreated", "QueueCreated");
    direct.deleteQueue(r -> r.queueUrl(queue.url()));
    done(spec, "QueueCreated");
  }

  @Test
  void a_queue_of_nobody_is_taken_over_only_when_told_to() {
    direct.createQueue(r -> r.queueName(name));
    assertThat(queues.bind(spec("name: %s, type: Standard"), OWNER, access()))
        .isInstanceOfSatisfying(
            Bound.Failed.class,
            f -> {
              assertThat(f.reason()).isEqualTo("QueueNotOurs");
              assertThat(f.message()).contains("set spec.queue.adopt");
            });
    assertThat(direct.listQueues(r -> r.queueNamePrefix(name)).queueUrls()).hasSize(1);
    QueueSpec adopting = spec("name: %s, type: Standard, adopt: true");
    BoundQueue queue = done(adopting, "QueueCreated", "QueueAdopted", "QueueCorrected");
    assertThat(tags(queue.url())).containsEntry("outboxpipeline.io/owner", OWNER.tag());
    done(spec("name: %s, type: Standard"));
  }

  @Test
  void a_queue_of_another_pipeline_is_never_taken_nor_deleted() {
    BoundQueue queue = done(spec("name: %s.fifo"), "QueueCreated", "QueueCreated");
    QueueSpec spec = spec("name: %s.fifo, adopt: true");
    assertThat(queues.bind(spec, new Owner("shop/other"), access()))
        .isInstanceOfSatisfying(
            Bound.Failed.class, f -> assertThat(f.message()).contains("belongs to shop/orders"));
    assertThat(queues.delete(spec, new Owner("shop/other"), access())).isEmpty();
    assertThat(attributes(queue.url())).isNotEmpty();
  }

  @Test
  void an_existing_queue_by_url_is_found_with_its_dead_letter_queue_and_left_alone() {
    BoundQueue made = done(spec("name: %s.fifo"), "QueueCreated", "QueueCreated");
    direct.setQueueAttributes(
        r ->
            r.queueUrl(made.url()).attributes(Map.of(QueueAttributeName.VISIBILITY_TIMEOUT, "77")));
    QueueSpec byUrl = spec("url: '" + made.url() + "'");
    BoundQueue found = done(byUrl);
    assertThat(found).isEqualTo(made);
    assertThat(attributes(made.url())).containsEntry(QueueAttributeName.VISIBILITY_TIMEOUT, "77");
    assertThat(queues.delete(byUrl, OWNER, access())).isEmpty();
    assertThat(attributes(made.url())).isNotEmpty();
  }

  @Test
  void a_url_without_a_queue_is_told() {
    assertFailed(
        queues.bind(spec("url: '" + sqs.endpoint() + "/000000000000/%s.fifo'"), OWNER, access()),
        "QueueNotFound");
  }

  @Test
  void deleting_takes_both_queues_and_does_not_mind_missing_ones() {
    QueueSpec spec = spec("name: %s.fifo");
    BoundQueue queue = done(spec, "QueueCreated", "QueueCreated");
    direct.deleteQueue(r -> r.queueUrl(queue.url()));
    assertThat(queues.delete(spec, OWNER, access())).isEmpty();
    assertThat(direct.listQueues(r -> r.queueNamePrefix(name)).queueUrls()).isEmpty();
    assertThat(queues.delete(spec, OWNER, access())).isEmpty();
  }

  @Test
  void refused_credentials_are_told_without_telling_them() throws Exception {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          byte[] body =
              """
              {"__type":"com.amazon.coral.service#InvalidClientTokenId","message":"The security token included in the request is invalid."}
              """
                  .getBytes(StandardCharsets.UTF_8);
          exchange.getResponseHeaders().set("content-type", "application/x-amz-json-1.0");
          exchange.sendResponseHeaders(403, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
    try {
      URI endpoint = URI.create("http://127.0.0.1:" + server.getAddress().getPort());
      Bound.Failed failed =
          assertFailed(
              queues.bind(spec("name: %s.fifo"), OWNER, access(endpoint)), "QueueAccessDenied");
      assertThat(failed.message()).contains("spec.queue.credentials").doesNotContain("top-secret");
      assertThat(queues.delete(spec("name: %s.fifo"), OWNER, access(endpoint))).isPresent();
      assertThat(access().toString()).doesNotContain("top-secret");
    } finally {
      server.stop(0);
    }
  }

  @Test
  void an_endpoint_that_is_down_is_told_in_the_same_words_each_time() {
    Access down = access(URI.create("http://127.0.0.1:1"));
    Bound.Failed failed =
        assertFailed(queues.bind(spec("name: %s.fifo"), OWNER, down), "QueueUnreachable");
    assertThat(queues.bind(spec("name: %s.fifo"), OWNER, down)).isEqualTo(failed);
  }

  private BoundQueue done(QueueSpec spec, String... reasons) {
    Bound bound = queues.bind(spec, OWNER, access());
    assertThat(bound).isInstanceOf(Bound.Done.class);
    List<String> done = ((Bound.Done) bound).done().stream().map(Notice::reason).toList();
    assertThat(done).containsExactlyInAnyOrder(reasons);
    return ((Bound.Done) bound).queue();
  }

  private static Bound.Failed assertFailed(Bound bound, String reason) {
    assertThat(bound).isInstanceOf(Bound.Failed.class);
    assertThat(((Bound.Failed) bound).reason()).isEqualTo(reason);
    return (Bound.Failed) bound;
  }

  private QueueSpec spec(String yaml) {
    return Serialization.unmarshal("--- {" + yaml.replace("%s", name) + "}", QueueSpec.class);
  }

  private static Access access() {
    return access(sqs.endpoint());
  }

  private static Access access(URI endpoint) {
    return new Access(
        Optional.of("eu-central-1"),
        Optional.of(endpoint.toString()),
        Optional.of(new Access.Keys("id", new Secret("top-secret"), Optional.empty())));
  }

  private static Map<QueueAttributeName, String> attributes(String url) {
    return direct
        .getQueueAttributes(r -> r.queueUrl(url).attributeNames(QueueAttributeName.ALL))
        .attributes();
  }

  private static Map<String, String> tags(String url) {
    return direct.listQueueTags(r -> r.queueUrl(url)).tags();
  }
}
