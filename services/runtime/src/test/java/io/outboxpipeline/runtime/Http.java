package io.outboxpipeline.runtime;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.function.UnaryOperator;

/** Asks a server on this machine. */
record Http(int port) {
  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  HttpResponse<String> get(String path, String... headers) {
    return send(path, b -> headers.length == 0 ? b : b.headers(headers));
  }

  HttpResponse<String> post(String path, String body, String... headers) {
    return send(
        path,
        b -> {
          b.POST(HttpRequest.BodyPublishers.ofString(body));
          return headers.length == 0 ? b : b.headers(headers);
        });
  }

  HttpResponse<String> send(String path, UnaryOperator<HttpRequest.Builder> more) {
    var request = more.apply(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)));
    try {
      return CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
