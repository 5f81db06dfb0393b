package io.outboxpipeline.relay.send;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.relay.backlog.Message;
import io.outboxpipeline.relay.source.StoredEvent;
import java.util.HexFormat;

/**
 * The deduplication id of a message: the id of its first event, which people look for, then what
 * tells two rows with the same event id apart (a writer's mistake, whose second event SQS would
 * take and drop), then how many events travel together. The same for each attempt, by whichever
 * relay.
 */
final class Deduplication {
  /** Of the aggregate's hash: enough, as it only has to differ from another with the same id. */
  private static final int BYTES = 8;

  private Deduplication() {}

  static String id(Message message) {
    StoredEvent first = message.events().getFirst();
    Aggregate aggregate = message.aggregate();
    byte[] hash =
        MessageGroup.sha256(aggregate.type().getBytes(UTF_8), aggregate.id().getBytes(UTF_8));
    String id =
        first.eventId() + "-" + first.sequence() + "-" + HexFormat.of().formatHex(hash, 0, BYTES);
    int count = message.events().size();
    return count == 1 ? id : id + "-" + count;
  }
}
