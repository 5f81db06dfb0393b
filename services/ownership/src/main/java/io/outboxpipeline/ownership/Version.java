package io.outboxpipeline.ownership;

/**
 * A stored record's version, opaque: every write gives the record another one, which no later write
 * of the same record, deleted and created again or not, gives it once more.
 */
public record Version(String value) {

  /** Of a record that is not stored: a write with it succeeds only where there is none. */
  public static final Version NONE = new Version("");
}
