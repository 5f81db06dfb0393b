package io.outboxpipeline.relay.source.mysql;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.UUID;

/** What stands in the column of event ids, which any writer may have filled. */
final class EventIds {

  private EventIds() {}

  /**
   * A UUID as this library writes it.
   *
   * @throws IllegalArgumentException if it is none
   */
  static UUID parse(String id) {
    if (!isValid(id)) {
      throw new IllegalArgumentException("its event id is \"" + id + "\", which is no UUID");
    }
    return UUID.fromString(id);
  }

  static boolean isValid(String id) {
    return id.matches("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");
  }

  /** An id for an event that has none of its own, the same for the same row. */
  static String inPlaceOf(String id, int slot, long position) {
    String name = "outbox event " + slot + "/" + position + "/" + id;
    return UUID.nameUUIDFromBytes(name.getBytes(UTF_8)).toString();
  }
}
