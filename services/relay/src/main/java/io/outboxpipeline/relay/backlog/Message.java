package io.outboxpipeline.relay.backlog;

import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.CloudEventsCodec;
import io.outboxpipeline.relay.source.StoredEvent;
import java.util.List;

/**
 * One or several consecutive events of one aggregate, on their way as one message. A message that
 * has to be sent again is the same message: same events, same body.
 *
 * @param epoch of the partition when this was put together
 * @param bytes of the body in UTF-8
 */
public record Message(
    Aggregate aggregate, List<StoredEvent> events, int partition, long epoch, int bytes) {

  /** What a pack's brackets, or commas before the next event, add. */
  static final int PACKING = 2;

  public String body() {
    return events.size() == 1
        ? events.getFirst().body()
        : CloudEventsCodec.pack(events.stream().map(StoredEvent::body).toList());
  }
}
