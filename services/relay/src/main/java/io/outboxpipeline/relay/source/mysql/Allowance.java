package io.outboxpipeline.relay.source.mysql;

import io.outboxpipeline.relay.source.Intake;

/**
 * What one round may still take into memory. The first event is let in whatever its size, or it
 * would never be.
 */
final class Allowance {
  private int rows;
  private long bytes;
  private boolean untouched = true;

  Allowance(int rows, long bytes) {
    this.rows = rows;
    this.bytes = bytes;
  }

  static Allowance of(Intake.Room room) {
    return new Allowance(room.rows(), room.bytes());
  }

  int rows() {
    return rows;
  }

  long bytes() {
    return bytes;
  }

  boolean isExhausted() {
    return rows <= 0 || bytes <= 0;
  }

  /** Takes an event of so many bytes, unless there is no room for it. */
  boolean take(long size) {
    if (rows <= 0 || (size > bytes && !untouched)) {
      return false;
    }
    untouched = false;
    rows--;
    bytes -= size;
    return true;
  }
}
