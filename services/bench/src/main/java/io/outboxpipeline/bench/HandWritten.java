package io.outboxpipeline.bench;

import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.CloudEventsCodec;
import io.outboxpipeline.outbox.Event;
import java.net.URI;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import javax.sql.DataSource;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchRequestEntry;

/** A yardstick: the usual relay by hand. Polls by id, sends one, deletes one. */
final class HandWritten {
  private HandWritten() {}

  /** Drains some of the outbox; events per second. */
  static double drain(DataSource database, SqsClient sqs, String queueUrl, int events)
      throws SQLException {
    long began = System.nanoTime();
    int done = 0;
    try (Connection c = database.getConnection();
        var read =
            c.prepareStatement(
                "SELECT id, slot, aggregate_type, aggregate_id, sequence, event_id, event_type, content_type, payload"
                    + " FROM obt ORDER BY id LIMIT 100");
        var delete = c.prepareStatement("DELETE FROM obt WHERE slot = ? AND id = ?")) {
      while (done < events) {
        try (var row = read.executeQuery()) {
          while (row.next()) {
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
            send(sqs, queueUrl, event);
            delete.setInt(1, row.getInt(2));
            delete.setLong(2, row.getLong(1));
            delete.executeUpdate();
            done++;
          }
        }
      }
    }
    return done * 1e9 / (System.nanoTime() - began);
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
