package io.outboxpipeline.relay.backlog;

import io.outboxpipeline.relay.source.StoredEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What goes together into a lane's next message. */
final class Packing {
  private final Limits limits;

  Packing(Limits limits) {
    this.limits = limits;
  }

  /** Why an event can't be sent to such a queue, if so. */
  Optional<String> flaw(StoredEvent event, Limits.Request request) {
    if (event.flaw() != null) {
      return Optional.of(event.flaw());
    }
    int bytes = event.bytes() + request.attributeBytes();
    return bytes > request.messageBytes()
        ? Optional.of(
            "too large: " + bytes + " bytes, and the queue takes " + request.messageBytes())
        : Optional.empty();
  }

  /** Takes the lane's next events, the first of which has no flaw. */
  Message take(Lane lane, Share share, Limits.Request request) {
    List<StoredEvent> packed = new ArrayList<>();
    int size = 0;
    int most = lane.singly > 0 ? 1 : limits.packEvents();
    while (packed.size() < most && !lane.waiting.isEmpty()) {
      StoredEvent next = lane.waiting.getFirst();
      int with = size + next.bytes() + Message.PACKING;
      if (!packed.isEmpty()
          && (next.flaw() != null
              || with > limits.packBytes()
              || with + request.attributeBytes() > request.messageBytes())) {
        break;
      }
      size = with;
      packed.add(lane.waiting.removeFirst());
    }
    return new Message(
        lane.aggregate(),
        List.copyOf(packed),
        share.grant.partition(),
        share.grant.epoch(),
        packed.size() == 1 ? packed.getFirst().bytes() : size);
  }
}
