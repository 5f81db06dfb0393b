package io.outboxpipeline.receiver;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.outboxpipeline.inbox.EventHandler;
import io.outboxpipeline.inbox.RejectedEventException;
import io.outboxpipeline.inbox.RejectedEventException.Rejection;
import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.Event;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

final class HandlersByTypeTest {
  private static final Connection NONE =
      (Connection)
          Proxy.newProxyInstance(
              HandlersByTypeTest.class.getClassLoader(),
              new Class<?>[] {Connection.class},
              (proxy, method, arguments) -> null);

  private final List<String> calls = new ArrayList<>();

  private EventHandler noting(String name) {
    return (transaction, run) ->
        calls.add(name + run.stream().map(e -> Long.toString(e.sequence())).toList());
  }

  private static Event event(long sequence, String type) {
    return new Event(
        UUID.randomUUID(),
        new Aggregate("order", "1"),
        sequence,
        type,
        Instant.EPOCH,
        Event.JSON,
        "{}".getBytes(UTF_8),
        Map.of());
  }

  @Test
  void events_keep_their_order_and_those_in_a_row_go_together() throws Exception {
    new HandlersByType(Map.of("a", noting("a"), "b", noting("b")), Optional.empty())
        .apply(NONE, List.of(event(1, "a"), event(2, "a"), event(3, "b"), event(4, "a")));
    assertThat(calls).containsExactly("a[1, 2]", "b[3]", "a[4]");
  }

  @Test
  void one_handler_of_two_types_gets_both_at_once() throws Exception {
    EventHandler both = noting("both");
    new HandlersByType(Map.of("a", both, "b", both), Optional.empty())
        .apply(NONE, List.of(event(1, "a"), event(2, "b")));
    assertThat(calls).containsExactly("both[1, 2]");
  }

  @Test
  void all_unknown_types_are_rejected_at_once_before_any_handler_runs() {
    var handlers = new HandlersByType(Map.of("a", noting("a")), Optional.empty());
    assertThatThrownBy(
            () -> handlers.apply(NONE, List.of(event(1, "a"), event(2, "x"), event(3, "y"))))
        .isInstanceOfSatisfying(
            RejectedEventException.class,
            e ->
                assertThat(e.rejections())
                    .extracting(Rejection::reason)
                    .containsExactly(
                        "events of type x are not known here",
                        "events of type y are not known here"));
    assertThat(calls).isEmpty();
  }

  @Test
  void the_handler_of_all_others_gets_what_has_none_of_its_own() throws Exception {
    new HandlersByType(Map.of("a", noting("a")), Optional.of(noting("others")))
        .apply(NONE, List.of(event(1, "x"), event(2, "a"), event(3, "y")));
    assertThat(calls).containsExactly("others[1]", "a[2]", "others[3]");
  }
}
