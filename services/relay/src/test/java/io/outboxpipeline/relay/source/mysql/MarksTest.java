package io.outboxpipeline.relay.source.mysql;

import static org.assertj.core.api.Assertions.assertThat;

import io.outboxpipeline.testkit.Draw;
import io.outboxpipeline.testkit.SeedSource;
import io.outboxpipeline.testkit.Seeds;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;

final class MarksTest {
  private static final long MILLI = 1_000_000;

  @Test
  void nothing_is_known_of_a_time_before_the_first_mark() {
    var marks = new Marks(1000 * MILLI);
    marks.record(100 * MILLI, 7);
    assertThat(marks.at(99 * MILLI)).isZero();
    assertThat(marks.at(100 * MILLI)).isEqualTo(7);
  }

  @Test
  void of_marks_close_together_the_latest_id_is_exact_and_known_of_soon_after() {
    var marks = new Marks(1000 * MILLI);
    marks.record(100 * MILLI, 7);
    marks.record(101 * MILLI, 9);
    marks.record(102 * MILLI, 8);
    assertThat(marks.latest()).isEqualTo(9);
    assertThat(marks.at(119 * MILLI)).isEqualTo(7);
    assertThat(marks.at(120 * MILLI)).isEqualTo(9);
  }

  @ParameterizedTest
  @SeedSource(ci = 400, full = 1_000)
  void a_mark_never_claims_more_than_was_visible_at_its_time(Seeds seeds)
      throws InterruptedException {
    seeds.forEach(MarksTest::aMarkNeverClaimsMoreThanWasVisible);
  }

  private static void aMarkNeverClaimsMoreThanWasVisible(RandomGenerator random) {
    var marks = new Marks(1000 * MILLI);
    Map<Long, Long> visible = new TreeMap<>();
    long now = 0;
    long id = 0;
    for (int steps = Draw.number(random, 1, 200); steps > 0; steps--) {
      int step = Draw.number(random, 0, 50);
      now += step * MILLI;
      id += step % 3;
      marks.record(now, id);
      visible.put(now, id);
    }
    // Any time, or one of what is kept, whose beginning is the hardest to answer for.
    long asked =
        random.nextBoolean()
            ? Draw.number(random, 0, 8000) * MILLI
            : Math.max(0, now - Draw.number(random, 0, 1000) * MILLI);
    long most =
        visible.entrySet().stream()
            .filter(e -> e.getKey() <= asked)
            .mapToLong(Map.Entry::getValue)
            .max()
            .orElse(0);
    assertThat(marks.at(asked)).isLessThanOrEqualTo(most);
    assertThat(marks.at(now + 20 * MILLI)).isEqualTo(id);
    // Within what is kept it lags by a grain, and what came in that time, at most.
    if (asked <= now && asked >= now - 1000 * MILLI) {
      long lagging =
          visible.entrySet().stream()
              .filter(e -> e.getKey() <= asked - 71 * MILLI)
              .mapToLong(Map.Entry::getValue)
              .max()
              .orElse(0);
      assertThat(marks.at(asked)).isGreaterThanOrEqualTo(lagging);
    }
  }
}
