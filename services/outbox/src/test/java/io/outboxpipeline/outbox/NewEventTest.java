package io.outboxpipeline.outbox;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class NewEventTest {
  private static final NewEvent EVENT = NewEvent.json(new Aggregate("a", "b"), "t", "{}");

  @ParameterizedTest
  @ValueSource(strings = {"", "Trace", "a-b", "sequence", "data", "epoch", "abcdefghijklmnopqrstu"})
  void header_names_that_a_cloud_event_can_not_carry_are_refused(String name) {
    assertThatThrownBy(() -> EVENT.withHeader(name, "v"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void a_replacement_character_is_a_character() {
    assertThatCode(() -> NewEvent.json(new Aggregate("a", "b"), "t", "[\"\uFFFD\", \"é\"]"))
        .doesNotThrowAnyException();
  }

  @Test
  void aggregates_that_the_table_could_not_keep_are_refused() {
    assertThatThrownBy(() -> new Aggregate("", "b")).hasMessageContaining("empty");
    assertThatThrownBy(() -> new Aggregate("a", "b".repeat(256))).hasMessageContaining("255");
    assertThatThrownBy(() -> new Aggregate("a", "\uD83D")).hasMessageContaining("surrogate");
    assertThatCode(() -> new Aggregate("a", "😀".repeat(255))).doesNotThrowAnyException();
  }
}
