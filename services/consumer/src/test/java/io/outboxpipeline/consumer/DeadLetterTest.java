package io.outboxpipeline.consumer;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.json.JsonObject;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.MessageAttributeValue;
import software.amazon.awssdk.services.sqs.model.MessageSystemAttributeName;

final class DeadLetterTest {
  private static JsonObject told(Optional<Duration> retention, Map<String, String> attributes) {
    var all = new java.util.HashMap<String, MessageAttributeValue>();
    attributes.forEach(
        (k, v) ->
            all.put(k, MessageAttributeValue.builder().dataType("String").stringValue(v).build()));
    Message message =
        Message.builder()
            .messageId("m")
            .body("a secret that is no event")
            .attributes(Map.of(MessageSystemAttributeName.SENT_TIMESTAMP, "1700000000000"))
            .messageAttributes(all)
            .build();
    return DeadLetter.json(message, retention);
  }

  @Test
  void it_expires_when_its_queue_has_kept_it_for_the_retention() {
    JsonObject told = told(Optional.of(Duration.ofDays(14)), Map.of());
    assertThat(told.getString("since")).isEqualTo("2023-11-14T22:13:20Z");
    assertThat(told.getString("expiresAt")).isEqualTo("2023-11-28T22:13:20Z");
    assertThat(told(Optional.empty(), Map.of()).containsKey("expiresAt")).isFalse();
  }

  @Test
  void the_consumers_own_reason_is_told_before_what_reading_says_and_never_the_body() {
    assertThat(told(Optional.empty(), Map.of("reason", "not ours")).getString("reason"))
        .isEqualTo("not ours");
    JsonObject unreadable = told(Optional.empty(), Map.of());
    assertThat(unreadable.getString("reason")).isNotEmpty();
    assertThat(unreadable.toString()).doesNotContain("secret");
  }
}
