package io.outboxpipeline.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SlotsTest {

  /** The vectors that an implementation in another language checks itself against. */
  @ParameterizedTest
  @CsvSource({
    "spending, 1, 128",
    "spending, alice, 182",
    "spending, Zoë, 209",
    "order, 6f1c2a52-8a3f-4b0e-9a57-2f8f2d1e6c11, 213",
    "注文, 東京, 2",
    "a, 😀, 4",
  })
  void the_hash_has_fixed_values(String type, String id, int slot) {
    assertThat(new Aggregate(type, id).slot()).isEqualTo(slot);
  }

  @Test
  void usual_ids_spread_evenly_over_the_slots() {
    int[] counts = new int[Slots.COUNT];
    IntStream.range(0, 256_000)
        .forEach(i -> counts[new Aggregate("spending", "customer-" + i).slot()]++);
    assertThat(IntStream.of(counts).min().orElseThrow()).isGreaterThan(850);
    assertThat(IntStream.of(counts).max().orElseThrow()).isLessThan(1150);
  }
}
