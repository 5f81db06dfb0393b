package io.outboxpipeline.operator;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/** What `helm test` asks: whether the operator is reached through its Service, and is ready. */
final class Reachable {
  private static final Duration PERIOD = Duration.ofSeconds(1);
  private static final Duration ONE = Duration.ofSeconds(5);

  private Reachable() {}

  /**
   * Returns when the URL answers 200.
   *
   * @throws IllegalStateException if it did not within the limit, with what it said last
   */
  static void await(URI url, Duration limit) throws InterruptedException {
    String last = "";
    long until = System.nanoTime() + limit.toNanos();
    try (HttpClient http = HttpClient.newBuilder().connectTimeout(ONE).build()) {
      var request = HttpRequest.newBuilder(url).timeout(ONE).build();
      do {
        try {
          var answer = http.send(request, HttpResponse.BodyHandlers.ofString());
          if (answer.statusCode() == 200) {
            return;
          }
          last = answer.statusCode() + " " + answer.body();
        } catch (IOException e) {
          last = e.toString();
        }
        Thread.sleep(PERIOD);
      } while (System.nanoTime() < until);
    }
    throw new IllegalStateException(url + ": " + last);
  }
}
