package io.outboxpipeline.outbox;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Proxy;
import java.math.BigDecimal;
import java.sql.Connection;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class PayloadsTest {
  private static final Aggregate ALICE = new Aggregate("customer", "alice");

  enum Kind {
    GOLD;

    @Override
    public String toString() {
      return "a golden one";
    }
  }

  record Order(
      String id,
      Kind kind,
      BigDecimal amount,
      Instant at,
      LocalDate day,
      Duration took,
      Map<String, Integer> counts,
      @Nullable String absent) {}

  static final class Mine {
    private final Mine self = this;

    public Mine getSelf() {
      return self;
    }
  }

  /** Consumers rely on this text: a change of it breaks them. */
  @Test
  void a_value_looks_the_same_whatever_mapper_the_application_has() {
    var order =
        new Order(
            "17",
            Kind.GOLD,
            new BigDecimal("12.50"),
            Instant.parse("2026-01-02T03:04:05.678Z"),
            LocalDate.parse("2026-01-02"),
            Duration.ofSeconds(90),
            Map.of("b", 2, "a", 1),
            null);
    NewEvent event = NewEvent.of(ALICE, "order.placed", order, new JsonPayloads());
    assertThat(event.contentType()).isEqualTo("application/json");
    assertThat(new String(event.payload(), UTF_8))
        .isEqualTo(
            "{\"absent\":null,\"amount\":12.50,\"at\":\"2026-01-02T03:04:05.678Z\","
                + "\"counts\":{\"a\":1,\"b\":2},\"day\":\"2026-01-02\",\"id\":\"17\",\"kind\":\"GOLD\",\"took\":\"PT1M30S\"}");
  }

  @Test
  void a_value_without_a_json_form_is_refused() {
    var writer = new JsonPayloads();
    assertThatThrownBy(() -> writer.write(new Object()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("java.lang.Object");
    assertThatThrownBy(() -> writer.write(new Mine())).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> writer.write(Optional.of(1)))
        .as("a type of another module")
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void interceptors_stand_around_an_append_and_the_double_numbers_as_the_outbox_does() {
    var outbox = new RecordedOutbox();
    EventAppender appender =
        outbox
            .with(
                (tx, events, next) ->
                    next.append(tx, events.stream().map(e -> e.withHeader("inner", "1")).toList()))
            .with(
                (tx, events, next) ->
                    next.append(
                        tx,
                        events.stream()
                            .map(e -> e.withHeader("outer", "" + e.headers().size()))
                            .toList()));
    NewEvent event = NewEvent.json(ALICE, "order.placed", "{}");
    var connection =
        (Connection)
            Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {Connection.class},
                (proxy, method, arguments) -> {
                  throw new UnsupportedOperationException(method.getName());
                });
    assertThat(appender.append(connection, List.of(event, event)))
        .extracting(Outbox.Appended::sequence)
        .containsExactly(1L, 2L);
    assertThat(appender.append(connection, event).sequence()).isEqualTo(3);
    assertThat(outbox.events())
        .hasSize(3)
        .allSatisfy(e -> assertThat(e.headers()).isEqualTo(Map.of("inner", "1", "outer", "0")));
  }
}
