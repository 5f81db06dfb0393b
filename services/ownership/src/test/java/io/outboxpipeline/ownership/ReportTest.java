package io.outboxpipeline.ownership;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.NotEmpty;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;

final class ReportTest {

  @Property(tries = 200)
  void what_is_encoded_is_decoded(
      @ForAll @Size(max = 16)
          Map<@NotEmpty @StringLength(max = 20) String, @StringLength(max = 50) String> values) {
    var report = new Report(values);
    assertThat(Report.decoded(report.encoded())).isEqualTo(report);
  }

  @Test
  void long_values_are_cut_so_that_a_heartbeat_stays_short() {
    var report = new Report(Map.of("queue", "x".repeat(10_000)));
    assertThat(report.values().get("queue")).hasSize(256).endsWith("…");
  }

  @Test
  void what_somebody_wrote_by_hand_is_left_out_where_it_can_t_be_read() {
    assertThat(Report.decoded("a=1&nonsense&=2&b=%zz&c=3").values())
        .isEqualTo(Map.of("a", "1", "c", "3"));
  }
}
