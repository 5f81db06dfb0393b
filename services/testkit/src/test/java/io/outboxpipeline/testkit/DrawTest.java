package io.outboxpipeline.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class DrawTest {

  @ParameterizedTest
  @CsvSource({
    "0,0",
    "5,5",
    "0,1",
    "1,25",
    "0,256",
    "1,9223372036854775807",
    "0,9223372036854775807",
    "9223372036854775806,9223372036854775807"
  })
  void a_number_stays_in_its_range_and_reaches_both_ends(long min, long max) {
    var random = new SplittableRandom(1);
    Set<Long> drawn = new HashSet<>();
    for (int i = 0; i < 1000; i++) {
      drawn.add(Draw.number(random, min, max));
    }
    assertThat(drawn).allMatch(n -> n >= min && n <= max).contains(min, max);
    assertThat(drawn.size()).isGreaterThanOrEqualTo((int) Math.min(100, max - min));
  }

  @ParameterizedTest
  @SeedSource(ci = 200, full = 2_000)
  void text_is_well_formed_and_as_long_as_it_may_be(Seeds seeds) throws InterruptedException {
    seeds.forEach(
        random -> {
          String text = Draw.text(random, 1, 30);
          assertThat(text.codePointCount(0, text.length())).isBetween(1, 30);
          assertThat(text.codePoints()).noneMatch(c -> c >= 0xD800 && c <= 0xDFFF);
        });
  }

  @ParameterizedTest
  @CsvSource({"0", "0x1f", "0x26", "0xfffe", "0xffff", "0x10000", "0x1f600", "0x10ffff"})
  void awkward_characters_are_frequent(String codePoint) {
    int wanted = Integer.decode(codePoint);
    RandomGenerator random = new SplittableRandom(1);
    assertThat(
            random
                .ints(100, 0, Integer.MAX_VALUE)
                .mapToObj(seed -> Draw.text(new SplittableRandom(seed), 0, 60))
                .filter(text -> text.indexOf(wanted) >= 0)
                .count())
        .isGreaterThan(3);
  }
}
