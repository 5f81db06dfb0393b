package io.outboxpipeline.outbox;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.zip.CRC32;

/**
 * The slot hash: {@code CRC-32(utf8(type), 0x00, utf8(id)) mod 256}, with the CRC-32 of ISO 3309
 * (the one of gzip, and MySQL's {@code CRC32()}).
 *
 * <p>A row's slot is stored and decides who sends it, so this function never changes. In SQL it is
 * {@code CRC32(CONCAT(type, CHAR(0), id)) & 255} over utf8mb4 text.
 */
public final class Slots {

  /** How many slots there are, in every outbox, for ever. */
  public static final int COUNT = 256;

  private Slots() {}

  /** The slot of an aggregate, from 0 to 255. */
  public static int of(Aggregate aggregate) {
    var crc = new CRC32();
    crc.update(aggregate.type().getBytes(UTF_8));
    crc.update(0);
    crc.update(aggregate.id().getBytes(UTF_8));
    return (int) (crc.getValue() & (COUNT - 1));
  }
}
