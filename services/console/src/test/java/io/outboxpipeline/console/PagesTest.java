package io.outboxpipeline.console;

import static io.outboxpipeline.console.PlayedPipeline.items;
import static io.outboxpipeline.console.PlayedPipeline.parked;
import static io.outboxpipeline.console.PlayedPipeline.quarantined;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.InputStream;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The pages, as they are sent. */
final class PagesTest {
  private static final String HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>";
  private static final List<String> PAGES =
      List.of(
          "flow",
          "slots",
          "problems",
          "dead-letters",
          "aggregate",
          "event",
          "decisions",
          "commands");

  private final PlayedPipeline played = new PlayedPipeline();
  private final String cookie = played.signIn(PlayedPipeline.OPERATOR);

  @AfterEach
  void close() {
    played.close();
  }

  private String page(String path) {
    var answer = played.page("/p/spending/" + path, cookie);
    assertThat(answer.statusCode()).as(path).isEqualTo(200);
    return answer.body();
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private static String quoted(String text) {
    return text.replace("\"", "\\\"");
  }

  private void everythingIsHostile() {
    String h = quoted(HOSTILE);
    played
        .relay
        .says("/admin/quarantine", items(quarantined(HOSTILE, HOSTILE, HOSTILE)))
        .says(
            "/admin/partitions",
            """
            {"partitions":[{"partition":0,"firstSlot":0,"lastSlot":255,"state":"moving","owner":"%s","target":"%s","epoch":"1"}],
             "members":[{"member":"%s","alive":true,"state":"LIVE","owned":1,"heartbeatAgeMillis":3,"report":{"%s":"%s"}}]}
            """
                .formatted(h, h, h, h, h))
        .says(
            "/admin/aggregate",
            "{\"slot\":1,\"items\":[{\"eventId\":\"%s\",\"sequence\":\"1\",\"eventType\":\"%s\",\"committedAt\":\"%s\"}]}"
                .formatted(h, h, h))
        .says(
            "/admin/decisions",
            items(
                "{\"at\":\"%s\",\"decision\":\"%s\",\"eventId\":\"%s\",\"token\":\"%s\",\"address\":\"%s\",\"why\":\"%s\"}"
                    .formatted(h, h, h, h, h, h)));
    played
        .consumer
        .says("/metrics", 500, "")
        .says("/admin/conflicts", 500, "{\"detail\":\"" + h + "\"}")
        .says("/admin/queue", "{\"visible\":0,\"deadLetters\":3,\"deadLetterQueue\":\"" + h + "\"}")
        .says("/admin/dead-letters", DeadLettersPageTest.letters(h, h))
        .says(
            "/admin/dead-letters/redrives",
            items(
                "{\"id\":\"%s\",\"askedAt\":\"%s\",\"state\":\"%s\",\"trouble\":\"%s\",\"why\":\"%s\"}"
                    .formatted(h, h, h, h, h)))
        .says(
            "/admin/aggregate",
            """
            {"items":[{"source":"%s","last":"1","standstill":"%s",
                       "kept":[{"eventId":"%s","sequence":"%s","eventType":"%s","reason":"%s"}]}],
             "applied":[{"eventId":"%s","sequence":"%s","appliedAt":"%s"}]}
            """
                .formatted(h, h, h, h, h, h, h, h, h));
  }

  @Test
  void no_text_from_outside_becomes_more_than_text_on_any_page() throws Exception {
    everythingIsHostile();
    String h = encoded(HOSTILE);
    String aggregate = "aggregateType=" + h + "&aggregateId=" + h;
    String confirm =
        played
            .form(
                "/p/spending/look",
                "action=discard&" + aggregate.replace("Type=" + h, "Type=test"),
                cookie)
            .body();
    assertThat(confirm).contains("&lt;script&gt;");
    Stream<String> bodies =
        Stream.concat(
                Stream.of(
                    "slots",
                    "problems",
                    "problems?reason=" + h + "&eventType=" + h + "&" + aggregate,
                    "aggregate?" + aggregate,
                    "event?eventId=" + h + "&" + aggregate,
                    "decisions",
                    "dead-letters"),
                Stream.of("flow"))
            .map(this::page);
    for (String body : Stream.concat(bodies, Stream.of(confirm, stream("slots"))).toList()) {
      assertThat(body).doesNotContain("<img", "<script>", "onerror=alert(1)>\"", "'><");
      assertThat(attributes(body)).noneMatch(a -> a.startsWith("on") || a.equals("style"));
      // The one script is a file.
      assertThat(Pattern.compile("<script").matcher(body).results().count()).isLessThanOrEqualTo(1);
    }
    var wrong = played.page("/p/" + h + "/flow", cookie);
    assertThat(wrong.statusCode()).isEqualTo(404);
    assertThat(wrong.body()).doesNotContain("alert(1)");
    assertThat(played.page("/sign-in?to=" + h, "").body()).doesNotContain("<img", "<script>");
  }

  private static List<String> attributes(String html) {
    return Pattern.compile("<[a-z0-9]+((?: [a-z-]+=\"[^\"]*\")*)>")
        .matcher(html)
        .results()
        .flatMap(m -> Pattern.compile(" ([a-z-]+)=\"").matcher(m.group(1)).results())
        .map(m -> m.group(1))
        .toList();
  }

  @Test
  void every_page_is_shown_whatever_the_services_do() {
    for (Runnable trouble :
        List.<Runnable>of(
            () -> {},
            () -> played.relay.fallSilent(true),
            () -> played.consumer.says("/admin/rejected", "not JSON"),
            () -> played.consumer.says("/admin/rejected", "{\"items\":[{}]}"),
            () -> played.consumer.says("/admin/queue", 401, ""),
            played.relay::close,
            played.consumer::close,
            played.base::close)) {
      trouble.run();
      for (String page : PAGES) {
        assertThat(page(page)).contains("<main");
      }
      page("aggregate?aggregateType=a&aggregateId=b");
      page("event?eventId=x");
    }
    assertThat(page("flow")).contains("0 of 1 answer", "nothing listens there");
  }

  @Test
  void a_person_chooses_looks_says_why_and_sees_what_became_of_it() {
    played.relay.says("/admin/quarantine", quarantined(0, 30));
    played.consumer.says("/admin/parked", items(parked("p")));
    String list = page("problems?category=quarantined");
    String key = list.replaceAll("(?s).*?name=\"key\" value=\"([0-9a-f]+)\".*", "$1");
    String look =
        played
            .form("/p/spending/look", "action=retry&category=quarantined&key=" + key, cookie)
            .body();
    assertThat(look).contains("Retry 1?", "Nothing has happened yet.");
    String all =
        played.form("/p/spending/look", "action=retry&category=quarantined", cookie).body();
    assertThat(all).contains("Retry 30?", "and 10 more");
    String snapshot = look.replaceAll("(?s).*name=\"snapshot\" value=\"([0-9a-f-]+)\".*", "$1");
    String act = "count=1&snapshot=" + snapshot;
    assertThat(played.form("/p/spending/act", act + "&why=+", cookie).body())
        .contains("Say why. Nothing was done.");
    assertThat(played.relay.posts()).isEmpty();
    var answer = played.form("/p/spending/act", act + "&why=mended", cookie);
    assertThat(answer.statusCode()).isEqualTo(303);
    String job = answer.headers().firstValue("location").orElseThrow();
    await().until(() -> played.page(job, cookie).body().contains("Finished."));
    assertThat(played.page(job, cookie).body())
        .contains("1 done, 0 were gone, 0 failed again, 0 could not be decided, of 1.");
    assertThat(played.relay.posts()).hasSize(1);
    assertThat(played.relay.posts().getFirst().target()).endsWith("why=Ada%3A%20mended");
    assertThat(page("decisions")).contains("Ada: mended");
    assertThat(played.form("/p/spending/act", "count=1&snapshot=none&why=x", cookie).statusCode())
        .isEqualTo(409);
  }

  @Test
  void a_viewer_has_no_buttons() {
    played.relay.says("/admin/quarantine", quarantined(0, 1));
    String viewer = played.signIn(PlayedPipeline.VIEWER);
    assertThat(played.page("/p/spending/problems", viewer).body())
        .contains("a000")
        .doesNotContain("name=\"action\"", "type=\"checkbox\"");
  }

  /** The first event of a stream. */
  private String stream(String view) throws IOException, InterruptedException {
    try (var http = HttpClient.newHttpClient()) {
      var answer =
          http.send(
              played.request("/p/spending/stream?view=" + view).header("cookie", cookie).build(),
              BodyHandlers.ofInputStream());
      assertThat(answer.headers().firstValue("content-type").orElseThrow())
          .startsWith("text/event-stream");
      assertThat(answer.headers().firstValue("x-accel-buffering")).contains("no");
      var event = new StringBuilder();
      try (InputStream in = answer.body()) {
        while (event.indexOf("data: ") < 0 || !event.toString().endsWith("\n\n")) {
          event.append((char) in.read());
        }
      }
      http.shutdownNow();
      return event.toString();
    }
  }

  @Test
  void a_stream_sends_what_the_page_shows() throws Exception {
    assertThat(stream("flow")).contains("data: <ol class=\"flow\"", "12");
    assertThat(stream("problems")).contains("data: ").doesNotContain("<");
    var none = played.page("/p/spending/stream?view=other", cookie);
    assertThat(none.statusCode()).isEqualTo(404);
  }

  @Test
  void the_first_page_has_less_than_300_kilobytes_with_all_its_files() {
    played.relay.says("/admin/quarantine", quarantined(0, 100));
    int bytes = page("problems").length();
    for (String file : List.of("console.css", "live.js", "icon.svg")) {
      var answer = played.send(played.request("/assets/" + file));
      assertThat(answer.statusCode()).isEqualTo(200);
      bytes += answer.body().length();
    }
    assertThat(bytes).isLessThan(300 * 1024);
  }

  @Test
  void the_commands_name_the_resource() {
    assertThat(page("commands"))
        .contains("kubectl scale -n shop outboxpipeline/spending --replicas=4");
  }
}
