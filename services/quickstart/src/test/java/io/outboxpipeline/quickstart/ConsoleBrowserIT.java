package io.outboxpipeline.quickstart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.NewEvent;
import io.outboxpipeline.outbox.Outbox;
import io.outboxpipeline.runtime.MySqlSettings;
import io.outboxpipeline.runtime.SqsSettings;
import io.outboxpipeline.testkit.JavaProcess;
import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import software.amazon.awssdk.services.sqs.SqsClient;

/** The console in a browser, over the quickstart's parts and events that really stand still. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ConsoleBrowserIT {
  private static final String HOSTILE = "<script>document.title='taken'</script><img src=x>";
  private static final String TYPE = "spending";

  /** Five seconds are promised; the machine may be slow. */
  private static final Duration SHOWN_WITHIN = Duration.ofSeconds(5).plusSeconds(5);

  private final Deque<AutoCloseable> running = new ArrayDeque<>();

  @SuppressWarnings("NullAway.Init") // started before all tests
  private Browser browser;

  @SuppressWarnings("NullAway.Init") // started before all tests
  private ConsolePart console;

  @SuppressWarnings("NullAway.Init") // started before all tests
  private Stack stack;

  @BeforeAll
  void start() {
    browser = new Browser();
    running.push(browser);
    Ports ports;
    do {
      ports = new Ports(JavaProcess.freePort());
    } while (ports.conflict().isPresent());
    console = ConsolePart.start(ports, 0, running);
    browser.open(console.url());
    // It shows what is not there yet.
    browser.awaitText("nothing listens there");
    stack = new Stack(ports, console.admin(), running);
  }

  @AfterAll
  void stop() throws Exception {
    for (AutoCloseable part : running) {
      part.close();
    }
  }

  private Connection base() throws SQLException {
    MySqlSettings base = stack.database("base");
    return DriverManager.getConnection(
        "jdbc:mysql://" + base.host() + ":" + base.port() + "/base",
        base.user(),
        base.password().value());
  }

  private void append(String id, String type, String json) throws SQLException {
    try (Connection c = base()) {
      c.setAutoCommit(false);
      Outbox.append(c, NewEvent.json(new Aggregate(TYPE, id), type, json));
      c.commit();
    }
  }

  /** As if an event of the aggregate had been lost on its way. */
  private void lose(String id) throws SQLException {
    try (Connection c = base();
        var s =
            c.prepareStatement(
                "UPDATE obt_aggregate SET last_sequence = last_sequence + 1 WHERE aggregate_id = ?")) {
      s.setString(1, id);
      s.executeUpdate();
    }
  }

  private void page(String name) {
    String url = browser.url();
    browser.open(url.substring(0, url.indexOf('/', 8)) + "/p/spending/" + name);
  }

  private static String spending(String id) {
    return "{\"identity\":\"%s\",\"name\":\"A\",\"surname\":\"B\",\"amount\":\"1.00\",\"createdAt\":\"2026-01-02T03:04:05Z\"}"
        .formatted(id);
  }

  private void decide(String filter, String action, String why) {
    decide(filter, action, why, "1 done, 0 were gone, 0 failed again");
  }

  private void decide(String filter, String action, String why, String counts) {
    page("problems?" + filter);
    browser.click("button[value=" + action + "]");
    browser.awaitText("Nothing has happened yet.");
    browser.write("input[name=why]", why);
    browser.click("button.danger");
    browser.awaitText("Finished.");
    browser.awaitText(counts + ", 0 could not be decided, of 1.");
  }

  private void awaitGone(String aggregate) {
    await()
        .untilAsserted(
            () -> {
              page("problems?aggregateId=" + aggregate);
              assertThat(browser.count("input[name=key]")).isZero();
            });
  }

  private void awaitProblem(String aggregate) {
    await()
        .untilAsserted(
            () -> {
              page("problems?aggregateId=" + aggregate);
              assertThat(browser.count("input[name=key]")).isEqualTo(1);
            });
  }

  @Test
  void a_person_sees_the_pipeline_and_decides_about_all_that_stands_still() throws Exception {
    append("fine", "spending.created", spending("fine"));
    append("large-1", "spending.created", "{\"x\":\"" + "y".repeat(300_000) + "\"}");
    append("large-2", "spending.created", "{\"x\":\"" + "y".repeat(300_000) + "\"}");
    append("gap", "spending.created", spending("gap"));
    lose("gap");
    append("gap", "spending.created", spending("gap"));
    append(HOSTILE, HOSTILE, "{}");
    append("odd", "unknown", "{}");
    deadLetter("an unreadable message");
    for (String aggregate : new String[] {"large-1", "large-2", "gap", "odd"}) {
      awaitProblem(aggregate);
    }

    page("flow");
    await()
        .untilAsserted(
            () ->
                assertThat(browser.text())
                    .contains("Base", "2 of 2 answer", "0/s")
                    .doesNotContain("nothing listens there"));
    assertThat(bytes()).isBetween(1L, 300_000L);
    browser.check("flow");
    page("slots");
    assertThat(browser.count(".slots td.owned")).isEqualTo(256);
    assertThat(browser.text()).contains("16 partitions: 16 owned", "relay-1", "relay-2");
    browser.check("slots");
    page("problems");
    browser.awaitText("The dead-letter queue");
    assertThat(browser.text()).contains(HOSTILE, "too large", "number 2 has not arrived");
    browser.check("problems");
    page("aggregate?aggregateType=spending&aggregateId=gap");
    assertThat(browser.text()).contains("Applied up to number", "parked");
    browser.check("aggregate");
    page("decisions");
    browser.check("decisions-none");
    page("commands");
    browser.check("commands");

    page("problems?aggregateId=large-1");
    browser.click("button[value=retry]");
    browser.awaitText("Retry 1?");
    browser.check("confirm");
    decide("aggregateId=large-1", "discard", "it will never fit");
    browser.check("job");
    awaitGone("large-1");
    decide(
        "aggregateId=large-2",
        "retry",
        "to see whether it fits now",
        "0 done, 0 were gone, 1 failed again");
    decide("aggregateId=gap", "skip", "it was lost");
    awaitGone("gap");
    decide("aggregateId=odd", "discard", "nobody knows the type");
    awaitGone("odd");
    page("decisions");
    assertThat(browser.text()).contains("link: it will never fit", "link: it was lost", "skipped");
    browser.check("decisions");
    assertThat(browser.run("return document.title")).asString().doesNotContain("taken");
    findsEvents();
    keyboard();
    outages();
  }

  private long bytes() {
    return browser.number(
        """
        return performance.getEntriesByType("resource").concat(performance.getEntriesByType("navigation"))
          .map((e) => e.transferSize).reduce((a, b) => a + b, 0)
        """);
  }

  private void findsEvents() throws SQLException, IOException {
    String eventId;
    try (Connection c = base();
        var s =
            c.prepareStatement(
                "SELECT event_id FROM obt_quarantine WHERE aggregate_id = 'large-1'");
        var row = s.executeQuery()) {
      assertThat(row.next()).isTrue();
      eventId = row.getString(1);
    }
    page("event");
    browser.write("input[name=eventId]", eventId);
    browser.click("main button");
    // Its aggregate was found without being named; the event itself is discarded.
    browser.awaitText("Neither the outbox nor the consumer's la");
    browser.check("event");
    page("aggregate?aggregateType=spending&aggregateId=fine");
    browser.awaitText("Applied last");
  }

  private void keyboard() {
    page("flow");
    browser.run("document.querySelector('a.skip').focus()");
    assertThat(browser.run("return getComputedStyle(document.activeElement).position"))
        .as("the link to the content, once it has the focus")
        .isEqualTo("static");
  }

  /** The consumer goes, then the console itself. */
  private void outages() throws Exception {
    page("flow");
    await().until(() -> !browser.text().contains("0 of 1 answer"));
    running.pop().close();
    long began = System.nanoTime();
    browser.awaitText("0 of 1 answer");
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(SHOWN_WITHIN);
    assertThat(browser.text()).contains("What these services know is missing here");
    browser.check("outage");
    browser.complaints();
    console.service().close();
    began = System.nanoTime();
    browser.awaitText("No data for some seconds.");
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(SHOWN_WITHIN);
  }

  private void deadLetter(String body) {
    try (SqsClient client =
        stack.queueSettings().open(SqsSettings.Retries.STANDARD, Duration.ofSeconds(10), 1)) {
      String dead = stack.queueSettings().deadLetterQueue().orElseThrow();
      String url = client.getQueueUrl(r -> r.queueName(dead)).queueUrl();
      client.sendMessage(
          r ->
              r.queueUrl(url)
                  .messageBody(body)
                  .messageGroupId("dead")
                  .messageDeduplicationId("dead"));
    }
  }
}
