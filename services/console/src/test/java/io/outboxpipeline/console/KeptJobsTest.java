package io.outboxpipeline.console;

import static io.outboxpipeline.console.PlayedPipeline.fields;
import static io.outboxpipeline.console.PlayedPipeline.items;
import static io.outboxpipeline.console.PlayedPipeline.json;
import static io.outboxpipeline.console.PlayedPipeline.list;
import static io.outboxpipeline.console.PlayedPipeline.quarantined;
import static io.outboxpipeline.console.PlayedPipeline.rejected;
import static org.assertj.core.api.Assertions.assertThat;

import jakarta.json.JsonObject;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Actions that relay and consumer keep and carry out. */
final class KeptJobsTest {
  private static final String PIPELINE = "/pipelines/spending";

  private final PlayedPipeline played = new PlayedPipeline();

  @AfterEach
  void close() {
    played.close();
  }

  /** A job as a service tells it. */
  private static String kept(String id, String state, int done, int again) {
    return """
        {"id":"%s","askedAt":"2026-01-02T03:04:05Z","action":"retry","state":"%s","total":3,"perSecond":20,
         "done":%s,"gone":0,"again":%s,"failed":0,"trouble":"","why":"operator: w","failures":["a b: c"]}
        """
        .formatted(id, state, done, again);
  }

  @Test
  void an_action_is_a_job_of_each_service_that_another_console_shows_and_ends() {
    played.relay.says("/admin/quarantine", quarantined(0, 3)).says("/admin/jobs", 503, "{}");
    played.consumer.says("/admin/rejected", items(rejected("r", "not understood")));
    JsonObject look = played.look("{\"action\":\"retry\"}");
    String id = look.getString("snapshot");
    played.consumer.says("/admin/jobs", 202, kept(id, "running", 0, 0));
    String body = "{\"snapshot\":\"%s\",\"count\":4,\"why\":\"w\"}".formatted(id);
    assertThat(played.post(PIPELINE + "/actions", body).statusCode())
        .as("a part that was not begun is told")
        .isEqualTo(502);
    played.relay.says("/admin/jobs", 202, kept(id, "running", 0, 0));
    JsonObject begun = played.act(look, "w");
    assertThat(begun.getInt("total")).isEqualTo(6);
    assertThat(begun.getBoolean("kept")).isTrue();
    JsonObject told = json(played.relay.posts().getLast().body());
    assertThat(told.getString("id")).as("the id makes it one job").isEqualTo(id);
    assertThat(fields(list(told, "items"), "eventId")).isEqualTo("e0 e1 e2");
    assertThat(fields(list(told, "items"), "sequence")).startsWith("9007199254740993");
    assertThat(fields(list(json(played.consumer.posts().getLast().body()), "items"), "category"))
        .isEqualTo("rejected");

    played.relay.says("/admin/jobs/" + id, kept(id, "gave-up", 1, 2));
    played.consumer.says("/admin/jobs/" + id, kept(id, "running", 2, 0));
    played.consumer.says("/admin/jobs/" + id + "/stop", kept(id, "stopped", 2, 0));
    played.relay.says("/admin/jobs", "{\"items\":[" + kept(id, "gave-up", 1, 2) + "]}");
    played.restart();
    String path = PIPELINE + "/actions/" + id;
    JsonObject now = played.get(path);
    assertThat(now.getString("state")).isEqualTo("running");
    assertThat(now.getInt("done")).isEqualTo(3);
    assertThat(now.getInt("again")).isEqualTo(2);
    assertThat(now.getString("by")).isEqualTo("operator: w");
    assertThat(played.page("/p/spending/decisions", played.signIn(PlayedPipeline.VIEWER)).body())
        .contains("job=" + id);
    assertThat(played.post(path + "/stop", "{\"why\":\"enough\"}").statusCode()).isEqualTo(200);
    assertThat(played.consumer.posts().getLast().target())
        .isEqualTo("/admin/jobs/" + id + "/stop?why=operator%3A%20enough");
    played.relay.close();
    JsonObject part = played.get(path);
    assertThat(part.getString("state")).as("what is unknown may run").isEqualTo("running");
    assertThat(part.getJsonArray("failures").toString()).contains("nothing listens there");
    assertThat(played.post(path + "/stop", "{\"why\":\"x\"}", PlayedPipeline.VIEWER).statusCode())
        .isEqualTo(403);
  }
}
