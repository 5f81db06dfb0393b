package io.outboxpipeline.cloudformation;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * An SQS endpoint (AWS JSON protocol) in front of another one, which notes what is asked of which
 * queue, as IAM names it. Thread-safe.
 */
final class RecordingSqs implements AutoCloseable {
  private final URI target;
  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpClient client = HttpClient.newBuilder().executor(threads).build();
  private final Map<String, Set<String>> actions = new ConcurrentHashMap<>();

  RecordingSqs(URI target) {
    this.target = target;
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  URI endpoint() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  /** What was asked of a queue so far. */
  Set<String> asked(String queue) {
    return new TreeSet<>(actions.getOrDefault(queue, Set.of()));
  }

  /** The queues of which anything was asked. */
  Set<String> queues() {
    return Set.copyOf(actions.keySet());
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      note(
          String.valueOf(exchange.getRequestHeaders().getFirst("x-amz-target")),
          Deployed.json(new String(body, java.nio.charset.StandardCharsets.UTF_8)));
      var request = HttpRequest.newBuilder(target.resolve(exchange.getRequestURI()));
      exchange
          .getRequestHeaders()
          .forEach(
              (name, values) -> {
                String lower = name.toLowerCase(java.util.Locale.ROOT);
                if (lower.startsWith("x-amz")
                    || lower.equals("content-type")
                    || lower.equals("authorization")) {
                  values.forEach(v -> request.header(lower, v));
                }
              });
      HttpResponse<byte[]> response =
          client.send(
              request.POST(HttpRequest.BodyPublishers.ofByteArray(body)).build(),
              HttpResponse.BodyHandlers.ofByteArray());
      exchange.getResponseHeaders().set("content-type", "application/x-amz-json-1.0");
      exchange.sendResponseHeaders(response.statusCode(), response.body().length);
      exchange.getResponseBody().write(response.body());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void note(String operation, JsonNode request) {
    String queue = request.path("QueueName").asText();
    if (queue.isEmpty()) {
      String url = request.path("QueueUrl").asText();
      queue = url.substring(url.lastIndexOf('/') + 1);
    }
    String action = operation.substring(operation.lastIndexOf('.') + 1).replaceFirst("Batch$", "");
    actions.computeIfAbsent(queue, q -> new ConcurrentSkipListSet<>()).add("sqs:" + action);
  }

  @Override
  public void close() {
    server.stop(0);
    client.shutdownNow();
    threads.shutdownNow();
  }
}
