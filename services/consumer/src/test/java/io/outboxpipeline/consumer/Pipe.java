package io.outboxpipeline.consumer;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.outboxpipeline.embedded.EmbeddedSqs;
import io.outboxpipeline.inbox.Start;
import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.CloudEventsCodec;
import io.outboxpipeline.outbox.Event;
import io.outboxpipeline.runtime.DatabaseTrust;
import io.outboxpipeline.runtime.MySqlSettings;
import io.outboxpipeline.runtime.Secret;
import io.outboxpipeline.runtime.ServerSettings;
import io.outboxpipeline.runtime.SqsSettings;
import io.outboxpipeline.runtime.SslMode;
import io.outboxpipeline.testkit.Database;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.io.StringReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/** A queue with its dead-letter queue, what a relay sends to it, and consumers of it. */
final class Pipe implements AutoCloseable {
  static final String SOURCE = "/outbox/test";
  static final String TOKEN = "a token for tests";

  private static final AtomicInteger COUNT = new AtomicInteger();
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private final EmbeddedSqs sqs;
  private final SqsClient client;
  private final Database database;
  private final boolean fifo;
  private final String queue;
  private final String url;
  private final Optional<String> deadLetterUrl;
  private final List<ConsumerService> consumers = new ArrayList<>();

  private Pipe(
      EmbeddedSqs sqs,
      Database database,
      boolean fifo,
      Duration visibility,
      Optional<Integer> maxReceives) {
    this.sqs = sqs;
    this.database = database;
    this.fifo = fifo;
    this.client = sqsSettings("").open(SqsSettings.Retries.STANDARD, Duration.ofSeconds(30), 8);
    int number = COUNT.incrementAndGet();
    this.queue = name("events-" + number);
    this.deadLetterUrl = maxReceives.map(n -> create("dead-" + number, Map.of()));
    var attributes = new HashMap<QueueAttributeName, String>();
    attributes.put(QueueAttributeName.VISIBILITY_TIMEOUT, Long.toString(visibility.toSeconds()));
    deadLetterUrl.ifPresent(
        dead ->
            attributes.put(
                QueueAttributeName.REDRIVE_POLICY,
                String.format(
                    Locale.ROOT,
                    "{\"deadLetterTargetArn\":\"%s\",\"maxReceiveCount\":%d}",
                    client
                        .getQueueAttributes(
                            r -> r.queueUrl(dead).attributeNames(QueueAttributeName.QUEUE_ARN))
                        .attributes()
                        .get(QueueAttributeName.QUEUE_ARN),
                    maxReceives.orElseThrow())));
    this.url = create("events-" + number, attributes);
  }

  static Pipe fifo(EmbeddedSqs sqs, Database database) {
    return new Pipe(sqs, database, true, Duration.ofSeconds(30), Optional.of(5));
  }

  static Pipe standard(EmbeddedSqs sqs, Database database) {
    return new Pipe(sqs, database, false, Duration.ofSeconds(30), Optional.of(5));
  }

  static Pipe of(
      EmbeddedSqs sqs, Database database, boolean fifo, int visibility, int maxReceives) {
    return new Pipe(sqs, database, fifo, Duration.ofSeconds(visibility), Optional.of(maxReceives));
  }

  static Pipe withoutDeadLetterQueue(EmbeddedSqs sqs, Database database) {
    return new Pipe(sqs, database, false, Duration.ofSeconds(1), Optional.empty());
  }

  private String name(String base) {
    return fifo ? base + ".fifo" : base;
  }

  private String create(String base, Map<QueueAttributeName, String> attributes) {
    var all = new HashMap<>(attributes);
    if (fifo) {
      all.put(QueueAttributeName.FIFO_QUEUE, "true");
    }
    return client.createQueue(r -> r.queueName(name(base)).attributes(all)).queueUrl();
  }

  private SqsSettings sqsSettings(String of) {
    return new SqsSettings(
        of,
        Optional.empty(),
        Optional.of(sqs.endpoint()),
        Optional.of("eu-central-1"),
        Optional.of(AnonymousCredentialsProvider.create()));
  }

  ConsumerSettings settings(int databasePort) {
    return new ConsumerSettings(
        ServerSettings.local(0).withAdminToken(new Secret(TOKEN)),
        new MySqlSettings(
            "127.0.0.1",
            databasePort,
            database.name(),
            database.user(),
            new Secret(database.password()),
            SslMode.PREFERRED,
            new DatabaseTrust.Platform(),
            8,
            Duration.ofSeconds(2),
            Duration.ofSeconds(20)),
        sqsSettings(queue),
        true,
        2,
        Duration.ofSeconds(1),
        Start.AT_ONE);
  }

  ConsumerSettings settingsHere() {
    return settings(database.port());
  }

  void createQueue(String other) {
    client.createQueue(r -> r.queueName(other));
  }

  ConsumerService start() {
    return started(ConsumerService.start(settingsHere()));
  }

  ConsumerService started(ConsumerService consumer) {
    consumers.add(consumer);
    return consumer;
  }

  static Event event(String identity, long sequence) {
    return event(
        identity,
        sequence,
        SpendingHandler.CREATED,
        String.format(
            Locale.ROOT,
            """
            {"identity":"%s","name":"Ada","surname":"Lovelace","amount":"%d.50","createdAt":"2025-01-02T03:04:05.678901Z"}
            """,
            identity,
            sequence));
  }

  static Event event(String identity, long sequence, String type, String payload) {
    return new Event(
        UUID.nameUUIDFromBytes((identity + "/" + sequence).getBytes(UTF_8)),
        new Aggregate("spending", identity),
        sequence,
        type,
        Instant.now(),
        Event.JSON,
        payload.getBytes(UTF_8),
        Map.of());
  }

  static List<Event> events(String identity, long from, long to) {
    return LongStream.rangeClosed(from, to).mapToObj(n -> event(identity, n)).toList();
  }

  /** Each event in a message of its own. */
  void send(Event... events) {
    for (Event event : events) {
      sendBody(encode(event), event.aggregate().id());
    }
  }

  /** All events in one message. */
  void sendPacked(List<Event> events) {
    sendBody(
        CloudEventsCodec.pack(events.stream().map(Pipe::encode).toList()),
        events.getFirst().aggregate().id());
  }

  /** Each event in a message of its own, as if SQS had moved it. */
  void deadLetter(Event... events) {
    for (Event event : events) {
      sendBody(deadLetterUrl.orElseThrow(), encode(event), event.aggregate().id());
    }
  }

  void sendBody(String body, String group) {
    sendBody(url, body, group);
  }

  private void sendBody(String to, String body, String group) {
    client.sendMessage(
        r -> {
          r.queueUrl(to).messageBody(body);
          if (fifo) {
            // Another one each time, so that a repeated event is delivered again.
            r.messageGroupId(Integer.toHexString(group.hashCode()))
                .messageDeduplicationId(UUID.randomUUID().toString());
          }
        });
  }

  private static String encode(Event event) {
    return CloudEventsCodec.encode(event, URI.create(SOURCE), 1);
  }

  /** Takes what is in the queue as another receiver would. */
  List<Message> receive(int waitSeconds) {
    return receive(url, waitSeconds);
  }

  List<Message> deadLetters() {
    return receive(deadLetterUrl.orElseThrow(), 0);
  }

  private List<Message> receive(String from, int waitSeconds) {
    return client
        .receiveMessage(
            r ->
                r.queueUrl(from)
                    .maxNumberOfMessages(10)
                    .messageAttributeNames("All")
                    .waitTimeSeconds(waitSeconds))
        .messages();
  }

  /** How many messages the queue holds, those in flight too. */
  int held() {
    return held(url);
  }

  int deadLetterCount() {
    return held(deadLetterUrl.orElseThrow());
  }

  private int held(String in) {
    return client
        .getQueueAttributes(
            r ->
                r.queueUrl(in)
                    .attributeNames(
                        QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES,
                        QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES_NOT_VISIBLE))
        .attributes()
        .values()
        .stream()
        .mapToInt(Integer::parseInt)
        .sum();
  }

  /**
   * The sequences in the consumer's table per identity, in the order in which they were applied.
   */
  Map<String, List<Long>> applied() {
    var applied = new TreeMap<String, List<Long>>();
    try (Connection c = database.dataSource().getConnection();
        var rows =
            c.createStatement()
                .executeQuery("SELECT identity, sequence FROM obt_spending ORDER BY id")) {
      while (rows.next()) {
        applied.computeIfAbsent(rows.getString(1), i -> new ArrayList<>()).add(rows.getLong(2));
      }
    } catch (SQLException e) {
      // The tables are not there yet.
      return Map.of();
    }
    return applied;
  }

  List<Long> applied(String identity) {
    return applied().getOrDefault(identity, List.of());
  }

  static List<Long> numbers(long from, long to) {
    return LongStream.rangeClosed(from, to).boxed().toList();
  }

  static HttpResponse<String> get(ConsumerService consumer, String path) {
    return call(
        HttpRequest.newBuilder(uri(consumer, path)).header("Authorization", "Bearer " + TOKEN));
  }

  static HttpResponse<String> post(ConsumerService consumer, String path, String body) {
    return call(
        HttpRequest.newBuilder(uri(consumer, path))
            .header("Authorization", "Bearer " + TOKEN)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body)));
  }

  static JsonObject json(HttpResponse<String> response) {
    return Json.createReader(new StringReader(response.body())).readObject();
  }

  static URI uri(ConsumerService consumer, String path) {
    return URI.create("http://127.0.0.1:" + consumer.port() + path);
  }

  static HttpResponse<String> call(HttpRequest.Builder request) {
    try {
      return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    consumers.forEach(ConsumerService::close);
    client.close();
  }
}
