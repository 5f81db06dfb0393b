package io.outboxpipeline.outbox;

/**
 * What order holds for: the events of one aggregate arrive in the order in which its changes
 * committed. Compared exactly, code point by code point, here and in the database.
 *
 * @param type 1 to 64 code points, such as {@code spending}
 * @param id 1 to 255 code points of any Unicode text
 */
public record Aggregate(String type, String id) {

  /** How many code points a type may have. */
  public static final int MAX_TYPE = 64;

  /** How many code points an id may have. */
  public static final int MAX_ID = 255;

  public Aggregate {
    Texts.check("aggregate type", type, MAX_TYPE);
    Texts.check("aggregate id", id, MAX_ID);
  }

  /** The slot that this aggregate is in, for ever. */
  public int slot() {
    return Slots.of(this);
  }
}
