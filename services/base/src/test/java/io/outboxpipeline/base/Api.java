package io.outboxpipeline.base;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;

import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** A client of a base on this machine. */
record Api(int port) {
  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  HttpResponse<String> post(String body, String... headers) {
    return send(
        "POST", "/api/v1/spending", body, with(headers, "Content-Type", "application/json"));
  }

  HttpResponse<String> postWithKey(String key, String body) {
    return post(body, "Idempotency-Key", key);
  }

  HttpResponse<String> get(String path) {
    return send("GET", path, "");
  }

  HttpResponse<String> list(String identity, String more) {
    return get("/api/v1/spending?identity=" + URLEncoder.encode(identity, UTF_8) + more);
  }

  HttpResponse<String> send(String method, String path, String body, String... headers) {
    var request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .timeout(Duration.ofSeconds(60))
            .method(
                method,
                body.isEmpty()
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    try {
      return CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The value of a metric, 0 if it is not there. */
  double metric(String name) {
    return get("/metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith(name + " ") || line.startsWith(name + "{"))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  static String body(String identity, String amount) {
    return Json.createObjectBuilder()
        .add("identity", identity)
        .add("name", "Ada")
        .add("surname", "Lovelace")
        .add("amount", amount)
        .build()
        .toString();
  }

  /** Each as a client does it: again while the base says that it is busy. */
  static List<HttpResponse<String>> atOnce(List<Callable<HttpResponse<String>>> posts)
      throws Exception {
    List<Callable<HttpResponse<String>>> patient =
        posts.stream()
            .<Callable<HttpResponse<String>>>map(
                post -> () -> await().until(post, answer -> answer.statusCode() != 503))
            .toList();
    try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
      var results = new ArrayList<HttpResponse<String>>();
      for (Future<HttpResponse<String>> f : executor.invokeAll(patient)) {
        results.add(f.get());
      }
      return results;
    }
  }

  static JsonObject json(HttpResponse<String> response) {
    return json(response.body());
  }

  static JsonObject json(String text) {
    try (var reader = Json.createReader(new StringReader(text))) {
      return reader.readObject();
    }
  }

  private static String[] with(String[] headers, String name, String value) {
    var more = java.util.Arrays.copyOf(headers, headers.length + 2);
    more[headers.length] = name;
    more[headers.length + 1] = value;
    return more;
  }
}
