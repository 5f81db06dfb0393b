package io.outboxpipeline.outbox;

import static java.nio.charset.StandardCharsets.UTF_16;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import io.outboxpipeline.outbox.CloudEventsCodec.Received;
import io.outboxpipeline.outbox.CloudEventsCodec.UnreadableMessageException;
import io.outboxpipeline.testkit.SeedSource;
import io.outboxpipeline.testkit.Seeds;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.Charset;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;

/** What a writer's event may be: either every reader gets it back, or the writer is refused. */
final class AcceptedEventTest {
  private static final URI SOURCE = URI.create("/outbox/spending");
  private static final Aggregate ALICE = new Aggregate("spending", "alice");
  private static final String FORGERY =
      "1,\"sequence\":\"00000000000000000099\",\"subject\":\"victim\",\"aggregatetype\":\"account\",\"a\":1";

  private static final List<String> TYPES =
      List.of(
          "application/json",
          "application/JSON",
          "Application/Json; charset=utf-8",
          "application/json;charset=\"UTF-8\";q=1",
          "application/json ; profile=\"a;charset=latin1\"",
          "text/json",
          "application/Foo+json",
          "application/vnd.acme+json",
          "application/vnd.acme.v2-x_y+JSON;v=1",
          "image/svg+json",
          "application/cloudevents+json",
          "application/json5",
          "application/jsonl",
          "application/x+json+xml",
          "application/octet-stream",
          "text/plain; charset=iso-8859-1",
          "json",
          "+json",
          "text/json/x",
          "application/json\u00a0");

  private static final List<byte[]> PAYLOADS = payloads();

  private static List<byte[]> payloads() {
    List<byte[]> all = new ArrayList<>();
    for (String text :
        List.of(
            FORGERY,
            "",
            " ",
            "1",
            "-0.0",
            "-0",
            "0e0",
            "1e99999999999",
            "1E+400",
            "0.1000",
            "123456789012345678901234567890.10",
            "12345678901234567890123",
            "9".repeat(1000),
            "9".repeat(1001),
            "1." + "0".repeat(1100),
            "01",
            "+1",
            ".5",
            "NaN",
            "'a'",
            "[1,]",
            "{\"a\":1,\"a\":2}",
            "{\"a\":{\"b\":1,\"\\u0062\":2}}",
            "{\"a\":1} {\"b\":2}",
            "{\"a\":1}]",
            "// comment\n1",
            "\"\\ud800\"",
            "{\"\\udc00\":1}",
            "\"\\ud83d\\ude00\"",
            "\"\\u0000\\u001f\\u007f\\ufffe\\uffff\\u2028\"",
            "\"\ufffe\uffff\u0085\"",
            "\"a\tb\"",
            "\"\\/\\b\\f\\n\\r\\t\\\"\\\\\"",
            " { \"a\" : [ 1 , true , null , \"x\" ] } \r\n",
            "{\"" + "n".repeat(60_000) + "\":1}",
            "{\"specversion\":\"0.3\",\"data\":{}}",
            "null",
            "[null]")) {
      all.add(text.getBytes(UTF_8));
    }
    for (int depth : new int[] {1, 499, 500, 501, 990, 998, 999, 1000, 1001, 5000}) {
      all.add(("[".repeat(depth) + "]".repeat(depth)).getBytes(UTF_8));
      all.add(("{\"a\":".repeat(depth) + "1" + "}".repeat(depth)).getBytes(UTF_8));
    }
    all.add("\ufeff{}".getBytes(UTF_8));
    for (String charset : List.of("UTF-16", "UTF-16LE", "UTF-16BE", "UTF-32", "UTF-32LE")) {
      all.add("{\"a\":\"é\"}".getBytes(Charset.forName(charset)));
    }
    for (String hex :
        List.of(
            "22c3a922", // é
            "22e922", // é in Latin-1
            "22c0af22", // an overlong slash
            "22e080af22",
            "22eda080eda08022", // surrogates as if they were characters
            "22eda0bdedb88022", // CESU-8
            "22f490808022", // beyond Unicode
            "22f822",
            "22c322")) {
      all.add(HexFormat.of().parseHex(hex));
    }
    return all;
  }

  private static Optional<NewEvent> accepted(String type, byte[] payload) {
    try {
      return Optional.of(new NewEvent(ALICE, "t", type, payload, Map.of("traceparent", "00-1")));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  @Test
  void whatever_append_accepts_is_read_back_as_the_same_alone_and_in_any_pack() {
    int read = 0;
    for (String type : TYPES) {
      for (byte[] payload : PAYLOADS) {
        Optional<NewEvent> event = accepted(type, payload);
        if (event.isPresent()) {
          assertReadBack(event.get());
          read++;
        }
      }
    }
    assertThat(read).isBetween(TYPES.size() * PAYLOADS.size() / 4, TYPES.size() * PAYLOADS.size());
  }

  @ParameterizedTest
  @SeedSource(ci = 1_000, full = 5_000)
  void so_is_whatever_chance_makes_of_it(Seeds seeds) throws InterruptedException {
    String[] pieces = {
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      "\"",
      "\"a\"",
      "\\",
      "\\u",
      "d800",
      "-",
      "0",
      ".",
      "1",
      "e9",
      "E+99",
      "null",
      "true",
      " ",
      "\n",
      "é",
      "😀",
      "\ufeff",
      "\uffff",
      "\u0000",
      "/*",
      "*/",
      "\"sequence\"",
      "\"data\"",
      "NaN"
    };
    seeds.forEach(
        random -> {
          var text = new StringBuilder();
          for (int i = random.nextInt(12); i >= 0; i--) {
            text.append(pieces[random.nextInt(pieces.length)]);
          }
          byte[] payload = text.toString().getBytes(UTF_8);
          if (random.nextInt(10) == 0) {
            payload[random.nextInt(payload.length)] = (byte) random.nextInt();
          }
          accepted(TYPES.get(random.nextInt(TYPES.size())), payload)
              .ifPresent(AcceptedEventTest::assertReadBack);
        });
  }

  private static void assertReadBack(NewEvent event) {
    String what = event.contentType() + " " + start(event.payload());
    Event sent = sent(event);
    try {
      String one = CloudEventsCodec.encode(sent, SOURCE, 7);
      String next = CloudEventsCodec.encode(sent(NewEvent.json(ALICE, "next", "{}")), SOURCE, 7);
      for (String body : List.of(one, CloudEventsCodec.pack(List.of(next, one, next)))) {
        List<Received> all = CloudEventsCodec.decode(body);
        Received received = all.get(all.size() / 2);
        assertThat(received.source()).as(what).isEqualTo(SOURCE.toString());
        assertThat(received.epoch()).as(what).isEqualTo(7);
        assertThat(received.event())
            .as(what)
            .usingRecursiveComparison()
            .ignoringFields("payload")
            .isEqualTo(sent);
        if (body.contains("\"data_base64\"")) {
          assertThat(received.event().payload()).as(what).isEqualTo(event.payload());
        } else {
          assertThat(tokens(received.event().payload()))
              .as(what)
              .isEqualTo(tokens(event.payload()));
        }
      }
    } catch (UnreadableMessageException | IOException e) {
      throw new AssertionError(what, e);
    }
  }

  private static Event sent(NewEvent event) {
    return new Event(
        UUID.fromString("0192f0c1-2a52-7f3f-8b0e-9a572f8f2d1e"),
        event.aggregate(),
        42,
        event.type(),
        Instant.parse("2026-01-02T03:04:05.678901Z"),
        event.contentType(),
        event.payload(),
        event.headers());
  }

  private static String start(byte[] payload) {
    return new String(payload, 0, Math.min(payload.length, 80), UTF_8);
  }

  /** A document's tokens, its numbers as they are written. */
  private static List<String> tokens(byte[] json) throws IOException {
    var factory =
        JsonFactory.builder()
            .streamReadConstraints(
                StreamReadConstraints.builder()
                    .maxNestingDepth(10_000)
                    .maxNumberLength(10_000)
                    .build())
            .build();
    List<String> tokens = new ArrayList<>();
    try (var parser = factory.createParser(new String(json, UTF_8))) {
      for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
        tokens.add(token + " " + parser.getText());
      }
    }
    return tokens;
  }

  @Test
  void a_payload_cannot_write_attributes_of_another_event() {
    for (String type : List.of("application/Foo+json", "application/vnd.acme+json", "TEXT/JSON")) {
      assertThatThrownBy(() -> new NewEvent(ALICE, "t", type, FORGERY.getBytes(UTF_8), Map.of()))
          .as(type)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("JSON");
      assertThatThrownBy(
              () ->
                  CloudEventsCodec.encode(
                      new Event(
                          UUID.randomUUID(),
                          ALICE,
                          1,
                          "t",
                          Instant.EPOCH,
                          type,
                          FORGERY.getBytes(UTF_8),
                          Map.of()),
                      SOURCE,
                      1))
          .as(type)
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void nor_can_a_header_of_a_row_or_an_attribute_that_stands_twice() {
    for (String name : List.of("sequence", "subject", "data", "epoch", "id", "a-b", "A", "")) {
      var event =
          new Event(
              UUID.randomUUID(),
              ALICE,
              1,
              "t",
              Instant.EPOCH,
              Event.JSON,
              bytes("{}"),
              Map.of(name, "99"));
      assertThatThrownBy(() -> CloudEventsCodec.encode(event, SOURCE, 1))
          .as(name)
          .isInstanceOf(IllegalArgumentException.class);
    }
    String body = CloudEventsCodec.encode(sent(NewEvent.json(ALICE, "t", "{}")), SOURCE, 1);
    for (String twice :
        List.of("\"sequence\":\"99\"", "\"data\":1", "\"\\u0073ubject\":\"victim\"")) {
      String forged = body.substring(0, body.length() - 1) + "," + twice + "}";
      assertThatThrownBy(() -> CloudEventsCodec.decode(forged))
          .as(twice)
          .isInstanceOf(UnreadableMessageException.class)
          .hasMessageContaining("twice");
    }
    assertThatThrownBy(() -> CloudEventsCodec.decode(body.replace("alice", "\\ud83d")))
        .isInstanceOf(UnreadableMessageException.class)
        .hasMessageContaining("surrogate");
  }

  @Test
  void a_reason_shows_nothing_of_the_payload() {
    for (String payload :
        List.of("{\"card\":4111secret}", "secret", "{\"a\":\"secret\"", "[1 secret]")) {
      assertThatThrownBy(() -> NewEvent.json(ALICE, "t", payload))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageNotContaining("secret");
    }
  }

  @Test
  void json_of_any_type_is_data_and_everything_else_bytes() {
    for (String type : List.of("application/vnd.acme+json", "application/Foo+JSON; v=1")) {
      assertThat(
              CloudEventsCodec.encode(sent(accepted(type, bytes("{}")).orElseThrow()), SOURCE, 1))
          .contains("\"data\":{}");
    }
    for (String type : List.of("application/json5", "application/xml", "json")) {
      assertThat(
              CloudEventsCodec.encode(sent(accepted(type, bytes("{}")).orElseThrow()), SOURCE, 1))
          .contains("\"data_base64\":\"e30=\"");
    }
  }

  @Test
  void json_is_utf8_and_a_type_that_says_otherwise_is_refused() {
    for (String type :
        List.of(
            "application/json; charset=iso-8859-1",
            "application/json;charset=utf-16",
            "application/vnd.acme+json; v=1; CHARSET=\"us-ascii\"",
            "application/json; charset=utf-8; charset=latin1",
            "application/json; charset=")) {
      assertThatThrownBy(() -> new NewEvent(ALICE, "t", type, bytes("{}"), Map.of()))
          .as(type)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("charset");
    }
    assertThatThrownBy(() -> new NewEvent(ALICE, "t", Event.JSON, "{}".getBytes(UTF_16), Map.of()))
        .hasMessageContaining("UTF-8");
    assertThatThrownBy(() -> new NewEvent(ALICE, "t", Event.JSON, bytes("\ufeff{}"), Map.of()))
        .hasMessageContaining("byte order mark");
  }

  @Test
  void numbers_are_carried_as_they_are_written() throws UnreadableMessageException {
    for (String number : List.of("-0.0", "1e99999999999", "12.50", "1E+2", "0.10e-7")) {
      String body = CloudEventsCodec.encode(sent(NewEvent.json(ALICE, "t", number)), SOURCE, 1);
      assertThat(new String(CloudEventsCodec.decode(body).getFirst().event().payload(), UTF_8))
          .isEqualTo(number);
    }
  }

  @Test
  void texts_that_would_arrive_changed_are_refused() {
    assertThatThrownBy(() -> NewEvent.json(ALICE, "t", "\"\uD83D\""))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("surrogate");
    assertThatThrownBy(() -> NewEvent.json(ALICE, "t\uDC00", "{}"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("surrogate");
    for (String value : List.of("\uD83D", "a\nb", "\u0000", "\u0085")) {
      assertThatThrownBy(() -> NewEvent.json(ALICE, "t", "{}").withHeader("a", value))
          .as(value)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("header a");
    }
    for (String type : List.of("a\nb", "a\u0000")) {
      assertThatThrownBy(() -> NewEvent.json(ALICE, type, "{}"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("event type");
      assertThatThrownBy(() -> new NewEvent(ALICE, "t", type, bytes("{}"), Map.of()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("content type");
    }
    assertThatThrownBy(() -> NewEvent.json(ALICE, Event.TOMBSTONE, "{}"))
        .as("it would arrive without its payload")
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("reserved");
  }

  @Test
  void what_no_message_or_column_has_room_for_is_refused() {
    assertThatThrownBy(() -> event(Event.JSON, 1 << 20)).hasMessageContaining("bytes");
    assertThatThrownBy(() -> event("text/plain", 800_000))
        .as("base64 makes it larger than a message")
        .hasMessageContaining("bytes");
    assertThatThrownBy(
            () ->
                new NewEvent(
                    ALICE,
                    "t",
                    Event.JSON,
                    bytes("\"" + "\uffff".repeat(250_000) + "\""),
                    Map.of()))
        .as("escapes make it larger than a message")
        .hasMessageContaining("bytes");
    assertThatCode(() -> event(Event.JSON, 1_000_000)).doesNotThrowAnyException();
    assertThatCode(() -> event("text/plain", 750_000)).doesNotThrowAnyException();
    NewEvent small = NewEvent.json(ALICE, "t", "{}");
    assertThatThrownBy(() -> small.withHeader("a", "x".repeat(70_000)))
        .hasMessageContaining("headers");
    assertThatThrownBy(() -> small.withHeader("a", "é".repeat(33_000)))
        .hasMessageContaining("headers");
    assertThatCode(() -> small.withHeader("a", "x".repeat(60_000))).doesNotThrowAnyException();
    assertThatThrownBy(() -> NewEvent.json(ALICE, "t".repeat(256), "{}"))
        .hasMessageContaining("255");
    assertThatThrownBy(() -> event("a/" + "b".repeat(126), 2)).hasMessageContaining("127");
  }

  private static NewEvent event(String contentType, int bytes) {
    return new NewEvent(
        ALICE, "t", contentType, bytes("\"" + "x".repeat(bytes - 2) + "\""), Map.of());
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }
}
