package io.outboxpipeline.console;

import static io.outboxpipeline.console.PlayedPipeline.items;
import static org.assertj.core.api.Assertions.assertThat;

import jakarta.json.JsonObject;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Events are found by their trace, and by their id alone. */
final class TraceSearchTest {
  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

  private final PlayedPipeline played = new PlayedPipeline();

  @AfterEach
  void close() {
    played.close();
  }

  private static String found(String aggregate, String event) {
    return "{\"aggregateType\":\"test\",\"aggregateId\":\"%s\",\"eventId\":\"%s\",\"sequence\":\"9007199254740993\"}"
        .formatted(aggregate, event);
  }

  @Test
  void events_of_a_trace_are_found_in_outbox_and_inbox_once_each_by_id_or_traceparent() {
    played.relay.says("/admin/find", items(found("a", "e1"), found("b", "e2")));
    played.consumer.says("/admin/find", items(found("b", "e2"), found("c", "e3")));
    JsonObject told = played.get("/pipelines/spending/trace?traceId=" + TRACE);
    assertThat(told.getJsonArray("items")).hasSize(3);
    String cookie = played.signIn(PlayedPipeline.VIEWER);
    assertThat(
            played
                .page("/p/spending/event?traceId=00-" + TRACE + "-00f067aa0ba902b7-01", cookie)
                .body())
        .contains("eventId=e3", "9007199254740993");
    assertThat(played.page("/p/spending/event?traceId=x%27", cookie).statusCode()).isEqualTo(400);
  }

  @Test
  void an_event_is_found_by_its_id_alone_and_a_service_of_an_older_release_is_named() {
    played.consumer.says("/admin/find", items(found("a000", "done")));
    played.consumer.says(
        "/admin/aggregate",
        "{\"items\":[],\"applied\":[{\"eventId\":\"done\",\"sequence\":\"4\",\"appliedAt\":\"2026-01-02T03:04:07Z\"}]}");
    assertThat(played.get("/pipelines/spending/event?eventId=done").getString("place"))
        .isEqualTo("applied");
    JsonObject told = played.get("/pipelines/spending/trace?traceId=" + TRACE);
    assertThat(told.getJsonArray("troubles").toString()).contains("404");
  }
}
