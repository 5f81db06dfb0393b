package io.outboxpipeline.relay;

import io.outboxpipeline.outbox.CloudEventsCodec;
import java.util.List;

/**
 * One or several consecutive events of one aggregate, on their way as one SQS message. A message
 * that has to be sent again is the same message: same events, same body, same deduplication id.
 *
 * @param epoch of the partition when this was put together
 * @param bytes of the body in UTF-8
 */
record Message(Lane lane, List<Row> rows, int partition, long epoch, int bytes) {

  /** What a pack's brackets, or commas before the next event, add. */
  static final int PACKING = 2;

  String body() {
    return rows.size() == 1
        ? rows.getFirst().body()
        : CloudEventsCodec.pack(rows.stream().map(Row::body).toList());
  }

  /** The event's id; for a pack the first event's and how many they are. */
  String deduplicationId() {
    String first = rows.getFirst().eventId();
    return rows.size() == 1 ? first : first + "-" + rows.size();
  }

  String groupId() {
    return MessageGroup.of(lane.aggregate());
  }
}
