package io.outboxpipeline.quickstart;

import io.outboxpipeline.outbox.Aggregate;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Posts spendings and watches each on its way: committed, sent, applied. */
final class Journey implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Pattern EVENT_ID = Pattern.compile("\"eventId\"\\s*:\\s*\"([^\"]+)\"");
  private static final Pattern SEQUENCE = Pattern.compile("\"sequence\"\\s*:\\s*(\\d+)");

  private final HttpClient http = HttpClient.newHttpClient();
  private final Ports ports;
  private final Connection base;

  Journey(Ports ports, Stack stack) throws SQLException {
    this.ports = ports;
    var database = stack.database("base");
    base =
        DriverManager.getConnection(
            "jdbc:mysql://" + database.host() + ":" + database.port() + "/base",
            database.user(),
            database.password().value());
  }

  /** One spending's line in the table. */
  void follow(String identity, String name, String surname, String amount)
      throws IOException, InterruptedException, SQLException {
    String body =
        "{\"identity\":\"%s\",\"name\":\"%s\",\"surname\":\"%s\",\"amount\":\"%s\"}"
            .formatted(identity, name, surname, amount);
    long began = System.nanoTime();
    String answer =
        send(
            HttpRequest.newBuilder(uri(ports.base(), "/api/v1/spending"))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build());
    long committed = System.nanoTime();
    String event = find(EVENT_ID, answer);
    await("sent", () -> !inOutbox(event));
    long sent = System.nanoTime();
    String query =
        "/api/v1/spending?identity=" + URLEncoder.encode(identity, StandardCharsets.UTF_8);
    await(
        "applied",
        () -> send(HttpRequest.newBuilder(uri(ports.consumer(), query)).build()).contains(event));
    long applied = System.nanoTime();
    System.out.printf(
        "  %-10s %8s   no. %s   committed %4d ms   sent %4d ms by %s   applied %4d ms%n",
        identity,
        amount,
        find(SEQUENCE, answer),
        millis(committed - began),
        millis(sent - began),
        owner(new Aggregate("spending", identity).slot()),
        millis(applied - began));
  }

  @Override
  public void close() throws SQLException {
    base.close();
    http.close();
  }

  private interface Condition {
    boolean holds() throws IOException, InterruptedException, SQLException;
  }

  private static void await(String what, Condition condition)
      throws IOException, InterruptedException, SQLException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.holds()) {
      if (System.nanoTime() - deadline > 0) {
        throw new IllegalStateException("a spending was not " + what + " within " + PATIENCE);
      }
      Thread.sleep(2);
    }
  }

  private boolean inOutbox(String event) throws SQLException {
    try (var s = base.prepareStatement("SELECT 1 FROM obt WHERE event_id = ?")) {
      s.setString(1, event);
      try (var row = s.executeQuery()) {
        return row.next();
      }
    }
  }

  private String owner(int slot) throws SQLException {
    try (var s =
        base.prepareStatement(
            "SELECT owner FROM obt_partition WHERE ? BETWEEN first_slot AND last_slot")) {
      s.setInt(1, slot);
      try (var row = s.executeQuery()) {
        return row.next() ? row.getString(1) : "nobody";
      }
    }
  }

  private String send(HttpRequest request) throws IOException, InterruptedException {
    HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
    if (response.statusCode() >= 300) {
      throw new IllegalStateException(request.uri() + " answered " + response.body());
    }
    return response.body();
  }

  private static URI uri(int port, String path) {
    return URI.create("http://127.0.0.1:" + port + path);
  }

  private static String find(Pattern pattern, String text) {
    Matcher matcher = pattern.matcher(text);
    if (!matcher.find()) {
      throw new IllegalStateException("an answer without " + pattern + ": " + text);
    }
    return matcher.group(1);
  }

  private static long millis(long nanos) {
    return Duration.ofNanos(nanos).toMillis();
  }
}
