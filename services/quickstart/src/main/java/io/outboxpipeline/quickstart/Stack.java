package io.outboxpipeline.quickstart;

import io.outboxpipeline.base.BaseService;
import io.outboxpipeline.base.BaseSettings;
import io.outboxpipeline.consumer.ConsumerService;
import io.outboxpipeline.consumer.ConsumerSettings;
import io.outboxpipeline.embedded.EmbeddedSqs;
import io.outboxpipeline.inbox.Start;
import io.outboxpipeline.ownership.LeaseTiming;
import io.outboxpipeline.relay.RelayService;
import io.outboxpipeline.relay.RelaySettings;
import io.outboxpipeline.runtime.MySqlSettings;
import io.outboxpipeline.runtime.RunningService;
import io.outboxpipeline.runtime.Secret;
import io.outboxpipeline.runtime.ServerSettings;
import io.outboxpipeline.runtime.SqsSettings;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Deque;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/** All that runs: two databases, two queues, a base, two relays and a consumer. */
final class Stack {
  private static final String QUEUE = "spending.fifo";
  private static final String DEAD_LETTERS = "spending-dead-letters.fifo";
  private static final int PARTITIONS = 16;

  /** Quicker than in earnest, where a relay is not declared dead for a hiccup. */
  private static final LeaseTiming TIMING =
      new LeaseTiming(Duration.ofSeconds(6), Duration.ofSeconds(4), Duration.ofMillis(500));

  private static final Duration READY_WITHIN = Duration.ofSeconds(60);

  private final Secret admin;
  private final Deque<AutoCloseable> running;
  private final HttpClient http = HttpClient.newHttpClient();
  private final LocalDatabase server;
  private final EmbeddedSqs sqs;

  /**
   * Starts everything and waits until it is ready.
   *
   * @param admin opens the services' {@code /admin}
   * @param running what is started is pushed here, to be closed from the top, at any time
   * @throws IllegalStateException if something does not start
   */
  Stack(Ports ports, Secret admin, Deque<AutoCloseable> running) {
    this.admin = admin;
    this.running = running;
    try (http) {
      server = Progress.step("a database server with two databases", this::startDatabases);
      sqs = Progress.step("SQS (ElasticMQ) with a FIFO queue", this::startSqs);
      SqsSettings queue = queue();
      service(
          "base on port " + ports.base(),
          () ->
              BaseService.start(
                  new BaseSettings(
                      server(ports.base()),
                      database("base"),
                      true,
                      BaseSettings.DEFAULT_RETENTION,
                      BaseSettings.DEFAULT_REQUEST_TIMEOUT)));
      service("first relay on port " + ports.relay(), () -> relay("relay-1", ports.relay(), queue));
      service(
          "second relay on port " + ports.secondRelay(),
          () -> relay("relay-2", ports.secondRelay(), queue));
      Progress.step("both relays own partitions", this::awaitShared);
      service(
          "consumer on port " + ports.consumer(),
          () ->
              ConsumerService.start(
                  new ConsumerSettings(
                      server(ports.consumer()),
                      database("consumer"),
                      queue,
                      true,
                      2,
                      Duration.ofSeconds(1),
                      Start.AT_ONE)));
    }
  }

  /** The base's database, for who wants to look into it. */
  MySqlSettings database(String name) {
    return server.settings(name);
  }

  URI sqsEndpoint() {
    return sqs.endpoint();
  }

  /** The server that has them. */
  LocalDatabase server() {
    return server;
  }

  private LocalDatabase startDatabases() {
    LocalDatabase database = LocalDatabase.start(System.getenv());
    running.push(database.end());
    database.create("base");
    database.create("consumer");
    return database;
  }

  private EmbeddedSqs startSqs() {
    EmbeddedSqs peer = EmbeddedSqs.start(0);
    running.push(peer);
    return peer;
  }

  /** The queue's settings, for who wants to send to it. */
  SqsSettings queueSettings() {
    return new SqsSettings(
        QUEUE,
        Optional.of(DEAD_LETTERS),
        Optional.of(sqs.endpoint()),
        Optional.of("elasticmq"),
        Optional.of(StaticCredentialsProvider.create(AwsBasicCredentials.create("x", "x"))));
  }

  /** Creates the queue and its dead-letter queue. */
  private SqsSettings queue() {
    SqsSettings settings = queueSettings();
    try (SqsClient client =
        settings.open(SqsSettings.Retries.STANDARD, Duration.ofSeconds(10), 1)) {
      String url =
          client
              .createQueue(
                  r ->
                      r.queueName(DEAD_LETTERS)
                          .attributes(Map.of(QueueAttributeName.FIFO_QUEUE, "true")))
              .queueUrl();
      String arn =
          client
              .getQueueAttributes(r -> r.queueUrl(url).attributeNames(QueueAttributeName.QUEUE_ARN))
              .attributes()
              .get(QueueAttributeName.QUEUE_ARN);
      client.createQueue(
          r ->
              r.queueName(QUEUE)
                  .attributes(
                      Map.of(
                          QueueAttributeName.FIFO_QUEUE,
                          "true",
                          QueueAttributeName.REDRIVE_POLICY,
                          "{\"deadLetterTargetArn\":\"" + arn + "\",\"maxReceiveCount\":\"5\"}")));
    }
    return settings;
  }

  /** With little time to stop in: nobody else needs what is here. */
  private ServerSettings server(int port) {
    return ServerSettings.local(port)
        .withShutdownGrace(Duration.ofSeconds(4))
        .withAdminToken(admin);
  }

  private RelayService relay(String member, int port, SqsSettings queue) {
    return RelayService.start(
        RelaySettings.of(server(port), database("base"), queue)
            .withMember(member, PARTITIONS, TIMING));
  }

  private void service(String what, Supplier<RunningService> start) {
    Progress.step(
        what,
        () -> {
          RunningService service = start.get();
          running.push(service);
          awaitReady(service.port());
          return service;
        });
  }

  /** A newcomer is handed its share by the one that was alone before. */
  private boolean awaitShared() {
    String owners = "SELECT COUNT(DISTINCT owner) FROM obt_partition";
    long deadline = System.nanoTime() + READY_WITHIN.toNanos();
    try (var c = server.connect("base");
        var s = c.createStatement()) {
      while (System.nanoTime() - deadline < 0) {
        try (var row = s.executeQuery(owners)) {
          if (row.next() && row.getInt(1) == 2) {
            return true;
          }
        }
        Thread.sleep(50);
      }
    } catch (SQLException | InterruptedException e) {
      throw new IllegalStateException("cannot see who owns what: " + e.getMessage(), e);
    }
    throw new IllegalStateException("the relays do not share the partitions");
  }

  private void awaitReady(int port) {
    var request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/health/ready")).build();
    long deadline = System.nanoTime() + READY_WITHIN.toNanos();
    String last = "no answer";
    while (System.nanoTime() - deadline < 0) {
      try {
        var answer = http.send(request, HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() == 200) {
          return;
        }
        last = answer.body();
        Thread.sleep(50);
      } catch (java.io.IOException e) {
        last = e.toString();
      } catch (InterruptedException e) {
        throw new IllegalStateException("interrupted", e);
      }
    }
    throw new IllegalStateException("not ready after " + READY_WITHIN + ": " + last);
  }
}
