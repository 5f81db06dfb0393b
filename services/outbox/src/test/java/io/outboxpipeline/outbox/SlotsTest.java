package io.outboxpipeline.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.outboxpipeline.testkit.TestDatabase;
import java.sql.SQLException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

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

  @ParameterizedTest
  @EnumSource
  void sql_computes_the_same_slot(TestDatabase server) throws SQLException {
    try (var c = server.create().dataSource().getConnection();
        var s = c.prepareStatement("SELECT CRC32(CONCAT(?, CHAR(0), ?)) & 255")) {
      for (String id : new String[] {"1", "alice", "Zoë", "東京", "😀"}) {
        s.setString(1, "spending");
        s.setString(2, id);
        try (var row = s.executeQuery()) {
          row.next();
          assertThat(row.getInt(1)).isEqualTo(new Aggregate("spending", id).slot());
        }
      }
    }
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
