package io.outboxpipeline.relay.source.mysql;

import io.outboxpipeline.relay.source.StoredEvent;
import java.util.List;

/**
 * What one look by id found.
 *
 * @param rows by id
 * @param complete whether there was no more than this, and no payload to be read by itself
 */
record Newer(List<Fresh> rows, boolean complete) {

  /** A row that is at hand, not made into an event yet. */
  interface Fresh {
    int slot();

    long id();

    String eventId();

    StoredEvent event(long epoch);
  }
}
