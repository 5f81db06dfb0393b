package io.outboxpipeline.spring.boot;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.cfg.PackageVersion;
import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.CloudEventsCodec;
import io.outboxpipeline.outbox.Event;
import io.outboxpipeline.outbox.JsonPayloads;
import io.outboxpipeline.outbox.NewEvent;
import java.math.BigDecimal;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.springframework.boot.SpringBootVersion;

/** The libraries with the Jackson that Spring Boot takes them to, an older one than their own. */
final class LibrariesWithBootsVersionsTest {

  enum Kind {
    GOLD;

    @Override
    public String toString() {
      return "a golden one";
    }
  }

  record Order(String id, Kind kind, BigDecimal amount, Instant at, Map<String, Integer> counts) {}

  @Test
  void the_versions_are_boots() {
    assertThat(PackageVersion.VERSION.toString())
        .startsWith(SpringBootVersion.getVersion().startsWith("3.5") ? "2.19." : "2.21.");
  }

  /** The same text on every line, or a receiver reads another value than its sender wrote. */
  @Test
  void a_payload_is_the_same_text_on_every_line() {
    var order =
        new Order(
            "17",
            Kind.GOLD,
            new BigDecimal("12.50"),
            Instant.parse("2026-01-02T03:04:05.678Z"),
            Map.of("b", 2, "a", 1));
    assertThat(new String(new JsonPayloads().write(order).bytes(), UTF_8))
        .isEqualTo(
            "{\"amount\":12.50,\"at\":\"2026-01-02T03:04:05.678Z\",\"counts\":{\"a\":1,\"b\":2},"
                + "\"id\":\"17\",\"kind\":\"GOLD\"}");
  }

  @Test
  void what_is_encoded_is_decoded() throws CloudEventsCodec.UnreadableMessageException {
    String json =
        "{\"amount\":12.50,\"many\":1e99999999999,\"text\":\"東京 😀 \\u0000\",\"none\":null}";
    NewEvent written = NewEvent.json(new Aggregate("order", "17"), "order.placed", json);
    var event =
        new Event(
            new UUID(7L << 12, 2L << 62),
            written.aggregate(),
            3,
            written.type(),
            Instant.parse("2026-01-02T03:04:05.678Z"),
            written.contentType(),
            written.payload(),
            Map.of("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));
    String message = CloudEventsCodec.encode(event, URI.create("/outbox"), 1);
    List<CloudEventsCodec.Received> received = CloudEventsCodec.decode(message);
    assertThat(received).hasSize(1);
    Event back = received.get(0).event();
    assertThat(new String(back.payload(), UTF_8)).isEqualTo(json);
    assertThat(back.headers()).isEqualTo(event.headers());
    assertThat(back.sequence()).isEqualTo(3);
  }
}
