package io.outboxpipeline.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.CloudEventsCodec;
import io.outboxpipeline.outbox.Event;
import io.outboxpipeline.runtime.SqsSettings;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.IntStream;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchRequestEntry;

/** The endpoint's own rate, so that it can be seen not to be the limit. */
final class EndpointLimit implements Scenario {
  private static final int SENDERS = 8;
  private static final int REQUESTS = 500;
  private static final int MESSAGES = 10;
  private static final int PACK = 5;

  @Override
  public String name() {
    return "endpoint-limit";
  }

  @Override
  public String title() {
    return "yardstick: the endpoint alone, 10 messages of 5 events a request";
  }

  @Override
  public Result run(Rig rig) throws Exception {
    rig.endpoint().reset(Duration.ZERO);
    var environment = rig.relayEnvironment(rig.emptyDatabase(), Map.of());
    // Twice, for the first time its code is cold.
    rig.measuredBy(EndpointLimit.class, environment);
    rig.endpoint().reset(Duration.ZERO);
    Usage before = rig.endpointUsage();
    rig.measuredBy(EndpointLimit.class, environment);
    double cpu = rig.endpointUsage().since(before).cpuSeconds();
    Received received = rig.endpoint().received();
    int events = received.events();
    return Result.of(
        new Figure(
            "rate", events * 1e9 / (received.at()[events - 1] - received.at()[0]), "events/s"),
        new Figure("capacity", events / cpu, "events a CPU second"));
  }

  /** Sends the same request again and again. */
  public static void main(String[] args) throws InterruptedException {
    var settings =
        new SqsSettings(
            System.getenv("SQS_QUEUE"),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty());
    try (var sqs = settings.open(SqsSettings.Retries.STANDARD, Duration.ofSeconds(10), SENDERS)) {
      String url = SqsSettings.url(sqs, settings.queue());
      List<SendMessageBatchRequestEntry> entries =
          IntStream.range(0, MESSAGES).mapToObj(EndpointLimit::entry).toList();
      var senders =
          IntStream.range(0, SENDERS)
              .mapToObj(_ -> Thread.ofPlatform().start(() -> send(sqs, url, entries)))
              .toList();
      for (Thread sender : senders) {
        sender.join();
      }
    }
  }

  private static void send(SqsClient sqs, String url, List<SendMessageBatchRequestEntry> entries) {
    for (int i = 0; i < REQUESTS; i++) {
      sqs.sendMessageBatch(r -> r.queueUrl(url).entries(entries));
    }
  }

  private static SendMessageBatchRequestEntry entry(int number) {
    List<String> events =
        IntStream.rangeClosed(1, PACK)
            .mapToObj(
                sequence ->
                    CloudEventsCodec.encode(
                        new Event(
                            UUID.randomUUID(),
                            new Aggregate("bench", "a" + number),
                            sequence,
                            "bench.event",
                            Instant.now(),
                            Event.JSON,
                            Payload.of(0).getBytes(UTF_8),
                            Map.of()),
                        URI.create("/bench"),
                        1))
            .toList();
    return SendMessageBatchRequestEntry.builder()
        .id(Integer.toString(number))
        .messageBody(CloudEventsCodec.pack(events))
        .messageGroupId("a" + number)
        .messageDeduplicationId(UUID.randomUUID().toString())
        .build();
  }
}
