package io.outboxpipeline.console;

import static io.outboxpipeline.console.PlayedPipeline.items;
import static io.outboxpipeline.console.PlayedPipeline.rejected;
import static org.assertj.core.api.Assertions.assertThat;

import io.outboxpipeline.console.model.Mask;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Payloads are seen by those who may, and no masked value by anybody. */
final class PayloadTest {
  private static final String EVENT = "/p/spending/event?eventId=";

  private static String id(PlayedPipeline played, String payload) {
    String item = rejected("r", "not understood").strip();
    String whole = item.substring(0, item.length() - 1) + ",\"payload\":" + payload + "}";
    played.consumer.says("/admin/rejected", items(whole));
    return PlayedPipeline.json(item).getString("eventId");
  }

  private static PlayedPipeline played(Optional<Mask> payloads) {
    return new PlayedPipeline(PlayedPipeline.tokens(Optional.empty(), Set.of()), payloads);
  }

  @Test
  void operators_see_them_where_a_setting_allows_and_without_what_is_masked() {
    try (var played = played(Optional.of(new Mask(List.of("$..card"))))) {
      String id = id(played, "\"{\\\"card\\\":\\\"4111\\\",\\\"x\\\":\\\"seen\\\"}\"");
      String operator = played.signIn(PlayedPipeline.OPERATOR);
      assertThat(played.page(EVENT + id, operator).body()).contains("seen").doesNotContain("4111");
      assertThat(played.page(EVENT + id, played.signIn(PlayedPipeline.VIEWER)).body())
          .doesNotContain("seen", "4111");
      id(played, "\"card: 4111\"");
      assertThat(played.page(EVENT + id, operator).body())
          .contains("It is not JSON")
          .doesNotContain("4111");
      for (String page : List.of("problems", "aggregate?aggregateType=test&aggregateId=r")) {
        assertThat(played.page("/p/spending/" + page, operator).body()).doesNotContain("4111");
      }
    }
  }

  @Test
  void nobody_sees_any_where_no_setting_says_so() {
    try (var played = played(Optional.empty())) {
      String id = id(played, "\"{\\\"x\\\":\\\"seen\\\"}\"");
      assertThat(played.page(EVENT + id, played.signIn(PlayedPipeline.OPERATOR)).body())
          .contains("not understood")
          .doesNotContain("seen");
    }
  }
}
