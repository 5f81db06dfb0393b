package io.outboxpipeline.bench;

import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.CloudEventsCodec;
import io.outboxpipeline.outbox.Event;
import io.outboxpipeline.runtime.SqsSettings;
import java.net.URI;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchRequestEntry;

/** A yardstick: the usual relay by hand. Polls by id, sends one, deletes one. */
final class HandWritten implements Scenario {
  private static final int EVENTS = 12_000;
  private static final int WARM_UP = 9_000;

  @Override
  public String name() {
    return "hand-written";
  }

  @Override
  public String title() {
    return "yardstick: a usual relay by hand, endpoint at once";
  }

  @Override
  public Result run(Rig rig) throws Exception {
    rig.endpoint().reset(Duration.ZERO);
    var database = rig.backlog(EVENTS, Rig.AGGREGATES);
    Result result = rig.measuredBy(HandWritten.class, rig.relayEnvironment(database, Map.of()));
    return rig.endpoint()
        .received()
        .violation(EVENTS)
        .<Result>map(Result.Violated::new)
        .orElse(result);
  }

  /** Drains an outbox in a JVM of its own; the first events are not measured. */
  public static void main(String[] args) throws SQLException {
    var settings =
        new SqsSettings(
            System.getenv("SQS_QUEUE"),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty());
    try (Connection c = Rig.source(System.getenv()).getConnection();
        var read =
            c.prepareStatement(
                """
                SELECT id, slot, aggregate_type, aggregate_id, sequence, event_id, event_type, content_type, payload
                FROM obt ORDER BY id LIMIT 100
                """);
        var delete = c.prepareStatement("DELETE FROM obt WHERE slot = ? AND id = ?");
        var sqs = settings.open(SqsSettings.Retries.STANDARD, Duration.ofSeconds(10), 1)) {
      String url = SqsSettings.url(sqs, settings.queue());
      drain(read, delete, sqs, url, WARM_UP);
      double before = Usage.of(ProcessHandle.current().pid()).cpuSeconds();
      long began = System.nanoTime();
      int events = EVENTS - WARM_UP;
      drain(read, delete, sqs, url, events);
      long took = System.nanoTime() - began;
      double cpu = Usage.of(ProcessHandle.current().pid()).cpuSeconds() - before;
      Rig.tell(
          new Figure("rate", events * 1e9 / took, "events/s"),
          new Figure("cpu", cpu * 1000 / events, "CPU s/1,000 events"));
    }
  }

  private static void drain(
      PreparedStatement read, PreparedStatement delete, SqsClient sqs, String url, int events)
      throws SQLException {
    int done = 0;
    while (done < events) {
      try (var row = read.executeQuery()) {
        while (row.next() && done < events) {
          var event =
              new Event(
                  UUID.fromString(row.getString(6)),
                  new Aggregate(row.getString(3), row.getString(4)),
                  row.getLong(5),
                  row.getString(7),
                  Instant.now(),
                  row.getString(8),
                  row.getBytes(9),
                  Map.of());
          send(sqs, url, event);
          delete.setInt(1, row.getInt(2));
          delete.setLong(2, row.getLong(1));
          delete.executeUpdate();
          done++;
        }
      }
    }
  }

  private static void send(SqsClient sqs, String queueUrl, Event event) {
    String body = CloudEventsCodec.encode(event, URI.create("/bench"), 1);
    sqs.sendMessageBatch(
        r ->
            r.queueUrl(queueUrl)
                .entries(
                    SendMessageBatchRequestEntry.builder()
                        .id("0")
                        .messageBody(body)
                        .messageGroupId(event.aggregate().id())
                        .messageDeduplicationId(event.id().toString())
                        .build()));
  }
}
