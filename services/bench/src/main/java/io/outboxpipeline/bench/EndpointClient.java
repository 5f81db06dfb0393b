package io.outboxpipeline.bench;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Locale;

/** Tells an {@link Endpoint} what to do, and asks what it received. */
final class EndpointClient {
  private static final Duration START = Duration.ofSeconds(30);

  private final HttpClient http = HttpClient.newHttpClient();
  private final URI uri;

  EndpointClient(URI uri) {
    this.uri = uri;
  }

  URI uri() {
    return uri;
  }

  /** Begins anew, answering after this time. */
  void reset(Duration latency) throws IOException, InterruptedException {
    http.send(
        HttpRequest.newBuilder(uri.resolve("/reset?latency=" + latency.toMillis()))
            .POST(HttpRequest.BodyPublishers.noBody())
            .build(),
        HttpResponse.BodyHandlers.discarding());
  }

  /** Makes messages to be received, and gives them out. */
  void prepare(String prefix, int events, int aggregates, int pack)
      throws IOException, InterruptedException {
    http.send(
        HttpRequest.newBuilder(
                uri.resolve(
                    String.format(
                        Locale.ROOT,
                        "/prepare?prefix=%s&events=%d&aggregates=%d&pack=%d",
                        prefix,
                        events,
                        aggregates,
                        pack)))
            .POST(HttpRequest.BodyPublishers.noBody())
            .build(),
        HttpResponse.BodyHandlers.discarding());
  }

  /** How many of the prepared messages were deleted. */
  Prepared.Progress progress() throws IOException, InterruptedException {
    String[] numbers = get("/progress").split(" ", 2);
    return new Prepared.Progress(Integer.parseInt(numbers[0]), Long.parseLong(numbers[1]));
  }

  private String get(String path) throws IOException, InterruptedException {
    return http.send(
            HttpRequest.newBuilder(uri.resolve(path)).build(), HttpResponse.BodyHandlers.ofString())
        .body();
  }

  /** How many events came. */
  int count() throws IOException, InterruptedException {
    return Integer.parseInt(get("/count"));
  }

  Received received() throws IOException, InterruptedException {
    var response =
        http.send(
            HttpRequest.newBuilder(uri.resolve("/arrivals")).build(),
            HttpResponse.BodyHandlers.ofInputStream());
    try (var in = new DataInputStream(new BufferedInputStream(response.body(), 1 << 16))) {
      return Received.read(in);
    }
  }

  /** Waits for the process to listen. */
  void awaitStart() throws InterruptedException {
    long deadline = System.nanoTime() + START.toNanos();
    while (System.nanoTime() < deadline) {
      try {
        count();
        return;
      } catch (IOException e) {
        Thread.sleep(50);
      }
    }
    throw new IllegalStateException("the endpoint did not start");
  }
}
