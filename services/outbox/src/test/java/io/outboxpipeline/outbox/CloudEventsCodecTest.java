package io.outboxpipeline.outbox;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cloudevents.CloudEvent;
import io.cloudevents.core.provider.EventFormatProvider;
import io.cloudevents.jackson.JsonFormat;
import io.outboxpipeline.outbox.CloudEventsCodec.Received;
import io.outboxpipeline.outbox.CloudEventsCodec.UnreadableMessageException;
import io.outboxpipeline.testkit.Draw;
import io.outboxpipeline.testkit.SeedSource;
import io.outboxpipeline.testkit.Seeds;
import java.net.URI;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class CloudEventsCodecTest {
  private static final URI SOURCE = URI.create("/outbox/spending");
  private static final UUID ID = UUID.fromString("0192f0c1-2a52-7f3f-8b0e-9a572f8f2d1e");

  private static Event event(String contentType, byte[] payload) {
    return new Event(
        ID,
        new Aggregate("spending", "alice"),
        42,
        "spending.created",
        Instant.parse("2026-01-02T03:04:05.678901Z"),
        contentType,
        payload,
        Map.of("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));
  }

  @Test
  void one_event_is_a_cloud_event_as_the_specification_has_it() {
    String body =
        CloudEventsCodec.encode(event(Event.JSON, "{\"amount\":12.50}".getBytes(UTF_8)), SOURCE, 7);
    CloudEvent read =
        Objects.requireNonNull(
                EventFormatProvider.getInstance().resolveFormat(JsonFormat.CONTENT_TYPE))
            .deserialize(body.getBytes(UTF_8));
    assertThat(read.getSpecVersion().toString()).isEqualTo("1.0");
    assertThat(read.getId()).isEqualTo(ID.toString());
    assertThat(read.getSource()).isEqualTo(SOURCE);
    assertThat(read.getType()).isEqualTo("spending.created");
    assertThat(read.getSubject()).isEqualTo("alice");
    assertThat(read.getExtension("aggregatetype")).isEqualTo("spending");
    assertThat(read.getExtension("sequence")).isEqualTo("00000000000000000042");
    assertThat(read.getExtension("partitionkey")).isEqualTo("spending/alice");
    assertThat(read.getExtension("epoch")).isEqualTo("7");
    assertThat(body).contains("\"data\":{\"amount\":12.50}");
  }

  @ParameterizedTest
  @SeedSource(ci = 200, full = 300)
  void whatever_is_encoded_is_decoded_as_it_was(Seeds seeds) throws InterruptedException {
    seeds.forEach(
        random -> {
          var event =
              new Event(
                  ID,
                  new Aggregate(
                      Draw.text(random, 1, Aggregate.MAX_TYPE),
                      Draw.text(random, 1, Aggregate.MAX_ID)),
                  Draw.number(random, 1, Long.MAX_VALUE),
                  "t",
                  Instant.parse("2026-01-02T03:04:05.678901Z"),
                  "application/octet-stream",
                  bytes(random),
                  Map.of());
          long epoch = Draw.number(random, 0, Long.MAX_VALUE);
          List<Received> read =
              CloudEventsCodec.decode(
                  CloudEventsCodec.pack(
                      List.of(
                          CloudEventsCodec.encode(event, SOURCE, epoch),
                          CloudEventsCodec.encode(event, SOURCE, epoch))));
          assertThat(read).hasSize(2);
          assertThat(read.getLast().event()).usingRecursiveComparison().isEqualTo(event);
          assertThat(read.getLast().epoch()).isEqualTo(epoch);
        });
  }

  /** Any bytes, or all of one value. */
  private static byte[] bytes(RandomGenerator random) {
    byte[] bytes = new byte[Draw.number(random, 0, 300)];
    switch (random.nextInt(4)) {
      case 0 -> Arrays.fill(bytes, (byte) -1);
      case 1 -> Arrays.fill(bytes, (byte) 0);
      default -> random.nextBytes(bytes);
    }
    return bytes;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"amount\":12.50}",
        "[1e2,1.0,123456789012345678901234567890.10,0.1]",
        "\"text\"",
        "null",
        "{\"a\":\"\\u0000\\ud83d\\ude00é\"}",
      })
  void json_payloads_keep_their_numbers_and_characters(String json)
      throws UnreadableMessageException {
    String body = CloudEventsCodec.encode(event(Event.JSON, json.getBytes(UTF_8)), SOURCE, 1);
    byte[] payload = CloudEventsCodec.decode(body).getFirst().event().payload();
    assertThat(new String(payload, UTF_8).replace("E+", "e"))
        .isEqualTo(json.replace("\\ud83d\\ude00", "😀"));
  }

  @Test
  void a_tombstone_carries_its_number_and_no_payload() throws UnreadableMessageException {
    var tombstone =
        new Event(
            ID,
            new Aggregate("spending", "alice"),
            3,
            Event.TOMBSTONE,
            Instant.EPOCH,
            Event.JSON,
            new byte[0],
            Map.of());
    Event read =
        CloudEventsCodec.decode(CloudEventsCodec.encode(tombstone, SOURCE, 1)).getFirst().event();
    assertThat(read.tombstone()).isTrue();
    assertThat(read.sequence()).isEqualTo(3);
    assertThat(read.payload()).isEmpty();
  }

  @Test
  void what_sqs_does_not_carry_is_escaped() throws UnreadableMessageException {
    var event =
        new Event(
            ID,
            new Aggregate("spending", "a\uFFFF\u0001b"),
            1,
            "t",
            Instant.EPOCH,
            Event.JSON,
            "\"\uFFFE\"".getBytes(UTF_8),
            Map.of());
    String body = CloudEventsCodec.encode(event, SOURCE, 1);
    assertThat(body.chars()).noneMatch(c -> c == 0xFFFE || c == 0xFFFF || c < 0x20);
    Event read = CloudEventsCodec.decode(body).getFirst().event();
    assertThat(read.aggregate()).isEqualTo(event.aggregate());
    assertThat(new String(read.payload(), UTF_8)).isEqualTo("\"\uFFFE\"");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{", "{\"a\":1} x", "{} {}", "nul"})
  void a_payload_that_is_not_the_json_it_promises_is_refused(String payload) {
    assertThatThrownBy(
            () -> CloudEventsCodec.encode(event(Event.JSON, payload.getBytes(UTF_8)), SOURCE, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("JSON");
    assertThatThrownBy(() -> NewEvent.json(new Aggregate("a", "b"), "t", payload))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "hello",
        "[]",
        "{}",
        "null",
        "[null]",
        "{\"specversion\":\"1.0\",\"id\":\"x\",\"source\":\"/\",\"type\":\"t\"}",
        "[{\"specversion\":\"1.0\",\"id\":\"0192f0c1-2a52-7f3f-8b0e-9a572f8f2d1e\",\"source\":\"/\",\"type\":\"t\","
            + "\"subject\":\"a\",\"aggregatetype\":\"b\",\"sequence\":\"0\"}]",
        "{\"specversion\":\"1.0\",\"id\":\"0192f0c1-2a52-7f3f-8b0e-9a572f8f2d1e\",\"source\":\"/\",\"type\":\"t\","
            + "\"subject\":\"a\",\"aggregatetype\":\"b\",\"sequence\":\"one\"}",
      })
  void what_is_not_ours_is_unreadable(String body) {
    assertThatThrownBy(() -> CloudEventsCodec.decode(body))
        .isInstanceOf(UnreadableMessageException.class);
  }
}
