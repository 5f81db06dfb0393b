package io.outboxpipeline.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SeedsTest {

  @ParameterizedTest
  @SeedSource(ci = 40, full = 40)
  void each_seed_gives_the_same_values_again_and_others_than_the_next(Seeds seeds)
      throws InterruptedException {
    List<Long> once = firstValues(seeds);
    assertThat(once).hasSize(seeds.count()).doesNotHaveDuplicates();
    assertThat(firstValues(seeds)).isEqualTo(once);
    assertThat(firstValues(new Seeds(seeds.first(), 1))).containsExactly(once.getFirst());
  }

  private static List<Long> firstValues(Seeds seeds) throws InterruptedException {
    List<Long> values = new ArrayList<>();
    seeds.forEach(random -> values.add(random.nextLong()));
    return values;
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void the_first_failure_names_its_seed_and_is_the_last(boolean assertion) {
    List<Long> checked = new ArrayList<>();
    assertThatThrownBy(
            () ->
                new Seeds(10, 5)
                    .forEachSeed(
                        seed -> {
                          checked.add(seed);
                          if (seed == 12 && assertion) {
                            throw new AssertionError("odd");
                          }
                          if (seed == 12) {
                            throw new Exception("odd");
                          }
                        }))
        .isInstanceOf(AssertionError.class)
        .hasMessage("seed 12, which -Dtest.seed=12 replays: odd");
    assertThat(checked).containsExactly(10L, 11L, 12L);
  }
}
