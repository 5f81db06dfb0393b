package io.outboxpipeline.ownership;

import static org.assertj.core.api.Assertions.assertThat;

import io.outboxpipeline.testkit.Draw;
import io.outboxpipeline.testkit.SeedSource;
import io.outboxpipeline.testkit.Seeds;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;

final class ReportTest {

  @ParameterizedTest
  @SeedSource(ci = 100, full = 200)
  void what_is_encoded_is_decoded(Seeds seeds) throws InterruptedException {
    seeds.forEach(
        random -> {
          var values = new HashMap<String, String>();
          for (int left = Draw.number(random, 0, 16); left > 0; left--) {
            values.put(Draw.text(random, 1, 20), Draw.text(random, 0, 300));
          }
          var report = new Report(values);
          assertThat(Report.decoded(report.encoded())).isEqualTo(report);
        });
  }

  @Test
  void long_values_are_cut_so_that_a_heartbeat_stays_short() {
    var report = new Report(Map.of("queue", "x".repeat(10_000)));
    assertThat(report.values().get("queue")).hasSize(256).endsWith("…");
  }

  @Test
  void no_character_is_cut_in_half() {
    var report = new Report(Map.of("queue", "x" + "😀".repeat(200)));
    assertThat(report.values()).containsValue("x" + "😀".repeat(127) + "…");
    report = new Report(Map.of("queue", "😀".repeat(200)));
    assertThat(report.values()).containsValue("😀".repeat(127) + "…");
  }

  @Test
  void what_somebody_wrote_by_hand_is_left_out_where_it_can_t_be_read() {
    assertThat(Report.decoded("a=1&nonsense&=2&b=%zz&c=3").values())
        .isEqualTo(Map.of("a", "1", "c", "3"));
  }
}
