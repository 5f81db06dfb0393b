package io.outboxpipeline.spring.receiver;

import io.outboxpipeline.embedded.EmbeddedSqs;
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
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/** A FIFO queue, and a relay that sends what waits in an outbox as the real one does. */
final class Broker implements AutoCloseable {
  private final EmbeddedSqs sqs = EmbeddedSqs.start(0);
  private final SqsClient client =
      SqsClient.builder()
          .endpointOverride(sqs.endpoint())
          .region(Region.EU_CENTRAL_1)
          .credentialsProvider(AnonymousCredentialsProvider.create())
          .build();
  private final String url =
      client
          .createQueue(
              r ->
                  r.queueName("orders.fifo")
                      .attributes(
                          Map.of(
                              QueueAttributeName.FIFO_QUEUE, "true",
                              QueueAttributeName.VISIBILITY_TIMEOUT, "2")))
          .queueUrl();

  String[] properties() {
    return new String[] {
      "outboxpipeline.receiver.queue=orders.fifo",
      "outboxpipeline.receiver.endpoint=" + sqs.endpoint(),
      "outboxpipeline.receiver.region=eu-central-1",
      "outboxpipeline.receiver.poll-wait=1s",
      "outboxpipeline.receiver.loops=2"
    };
  }

  /** Sends all that waits, in order, and deletes it; leaves what the receiver itself wrote. */
  void relay(DataSource database, String aggregateType) throws SQLException {
    String sql =
        """
        SELECT id, aggregate_id, sequence, event_id, event_type, content_type, payload
        FROM obt WHERE aggregate_type = ? ORDER BY id
        """;
    try (Connection c = database.getConnection();
        var select = c.prepareStatement(sql);
        var delete = c.prepareStatement("DELETE FROM obt WHERE id = ?")) {
      select.setString(1, aggregateType);
      try (var row = select.executeQuery()) {
        while (row.next()) {
          send(
              new Event(
                  UUID.fromString(row.getString(4)),
                  new Aggregate(aggregateType, row.getString(2)),
                  row.getLong(3),
                  row.getString(5),
                  Instant.now(),
                  row.getString(6),
                  row.getBytes(7),
                  Map.of()));
          delete.setLong(1, row.getLong(1));
          delete.executeUpdate();
        }
      }
      if (!c.getAutoCommit()) {
        c.commit();
      }
    }
  }

  /** Each time with another id for SQS, so that a repeated event is delivered again. */
  void send(Event event) {
    client.sendMessage(
        r ->
            r.queueUrl(url)
                .messageBody(CloudEventsCodec.encode(event, URI.create("/outbox/orders"), 1))
                .messageGroupId(event.aggregate().id())
                .messageDeduplicationId(UUID.randomUUID().toString()));
  }

  int held() {
    return client
        .getQueueAttributes(
            r ->
                r.queueUrl(url)
                    .attributeNames(
                        QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES,
                        QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES_NOT_VISIBLE))
        .attributes()
        .values()
        .stream()
        .mapToInt(Integer::parseInt)
        .sum();
  }

  @Override
  public void close() {
    client.close();
    sqs.close();
  }
}
