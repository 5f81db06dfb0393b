package io.outboxpipeline.relay.send;

import static org.assertj.core.api.Assertions.assertThat;

import io.outboxpipeline.outbox.Aggregate;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class MessageGroupTest {

  @ParameterizedTest
  @CsvSource({
    "spending, alice, spending/alice",
    "spending, 'a:b_!~', spending/a:b_!~",
    // printf 'spending\0Zoë' | sha256sum, and so on
    "spending, Zoë, sha256/a61cc064a9317c1353b4f95d127eb96668a835e9c79230f7044a47ba674f9b5a",
    "spending, 'a b', sha256/ad2f227916d2dcda92f661453bf01d123e671e7a4601d1d82e4a0b278f89c6d5",
  })
  void what_sqs_takes_stays_and_the_rest_is_a_stable_hash(String type, String id, String group) {
    assertThat(MessageGroup.of(new Aggregate(type, id))).isEqualTo(group);
  }

  @ParameterizedTest
  @CsvSource({"119", "120", "255"})
  void a_group_is_never_longer_than_sqs_allows(int length) {
    String group = MessageGroup.of(new Aggregate("spending", "x".repeat(length)));
    assertThat(group).hasSizeLessThanOrEqualTo(128).matches("[!-~]+");
  }
}
