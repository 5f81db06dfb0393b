package io.outboxpipeline.images;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/** Who posts spendings while the services train. */
final class Clients {
  private static final int CLIENTS = 16;
  private static final int IDENTITIES = 500;
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final Pattern APPLIED =
      Pattern.compile("(?m)^outbox_consumer_applied_total\\S* ([0-9.E]+)$");

  private final HttpClient http;
  private final URI spending;

  Clients(HttpClient http, URI spending) {
    this.http = http;
    this.spending = spending;
  }

  /** Posts so many spendings. */
  void post(int count) throws InterruptedException {
    Together.run(
        IntStream.range(0, CLIENTS)
            .<Callable<Void>>mapToObj(
                c ->
                    () -> {
                      for (int i = c; i < count; i += CLIENTS) {
                        post("id-" + i % IDENTITIES, i);
                      }
                      return null;
                    })
            .toList());
  }

  private void post(String identity, int i) throws IOException, InterruptedException {
    String body =
        String.format(
            Locale.ROOT,
            """
            {"identity":"%s","name":"Name %d","surname":"Surname","amount":"%d.%02d"}""",
            identity,
            i,
            i + 1,
            i % 100);
    send(
        HttpRequest.newBuilder(spending)
            .header("content-type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build());
  }

  void awaitApplied(URI metrics, int count) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (applied(metrics) < count) {
      if (System.nanoTime() - deadline > 0) {
        throw new IllegalStateException(
            "only " + applied(metrics) + " of " + count + " were applied");
      }
      Thread.sleep(200);
    }
  }

  private long applied(URI metrics) throws IOException, InterruptedException {
    var found = APPLIED.matcher(read(metrics));
    return found.find() ? (long) Double.parseDouble(found.group(1)) : 0;
  }

  String read(URI from) throws IOException, InterruptedException {
    return send(HttpRequest.newBuilder(from).build());
  }

  private String send(HttpRequest request) throws IOException, InterruptedException {
    var response = http.send(request, HttpResponse.BodyHandlers.ofString());
    if (response.statusCode() >= 300) {
      throw new IllegalStateException(request.uri() + " answered " + response.body());
    }
    return response.body();
  }
}
