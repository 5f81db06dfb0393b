package io.outboxpipeline.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
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
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * An SQS endpoint (AWS JSON protocol) in front of another one, with the faults of the real one that
 * can't be had on demand: it throttles, fails some entries of a batch, and drops answers after it
 * has accepted. Thread-safe.
 */
public final class FaultySqs implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String SEND = "AmazonSQS.SendMessageBatch";

  /**
   * How often what happens, each from 0 to 1.
   *
   * @param throttle a request is refused as throttled
   * @param failEntry an entry of a batch fails, the others do not
   * @param dropAnswer the request is carried out, and its connection closed without an answer
   */
  public record Faults(double throttle, double failEntry, double dropAnswer) {
    /** Passes everything on. */
    public static final Faults NONE = new Faults(0, 0, 0);
  }

  private final URI target;
  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpClient client = HttpClient.newBuilder().executor(threads).build();
  private volatile Faults faults = Faults.NONE;
  private final AtomicInteger injected = new AtomicInteger();
  private final Consumer<String> accepted;

  /**
   * On a free port of the loopback interface.
   *
   * @param target the endpoint that carries requests out
   */
  public FaultySqs(URI target) {
    this(target, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), body -> {});
  }

  /**
   * @param target the endpoint that carries requests out
   * @param listen where to be reached
   * @param accepted is told the body of each message of a batch that the target has accepted
   */
  public FaultySqs(URI target, InetSocketAddress listen, Consumer<String> accepted) {
    this.target = target;
    this.accepted = accepted;
    try {
      server = HttpServer.create(listen, 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  public URI endpoint() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  /** What goes wrong from now on. */
  public void set(Faults next) {
    faults = next;
  }

  /** How many faults there were. */
  public int injected() {
    return injected.get();
  }

  @Override
  public void close() {
    server.stop(0);
    client.shutdownNow();
    threads.shutdownNow();
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      Faults now = faults;
      byte[] body = exchange.getRequestBody().readAllBytes();
      String action = exchange.getRequestHeaders().getFirst("x-amz-target");
      if (happens(now.throttle())) {
        answer(
            exchange,
            400,
            """
            {"__type":"com.amazonaws.sqs#RequestThrottled","message":"Request is throttled."}
            """
                .getBytes(UTF_8));
        return;
      }
      ArrayNode failed = JSON.createArrayNode();
      if (SEND.equals(action) && now.failEntry() > 0) {
        body = withoutFailing(body, failed, now.failEntry());
      }
      if (body.length == 0) {
        answer(exchange, 200, merge(JSON.createObjectNode(), failed));
        return;
      }
      HttpResponse<byte[]> response = forward(exchange, body);
      if (SEND.equals(action) && response.statusCode() == 200) {
        tell(body, response.body());
      }
      if (happens(now.dropAnswer())) {
        return;
      }
      byte[] result = response.body();
      if (!failed.isEmpty() && response.statusCode() == 200) {
        result = merge((ObjectNode) JSON.readTree(result), failed);
      }
      answer(exchange, response.statusCode(), result);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void tell(byte[] request, byte[] response) throws IOException {
    var taken = new HashSet<String>();
    JSON.readTree(response).path("Successful").forEach(e -> taken.add(e.get("Id").asText()));
    for (JsonNode entry : JSON.readTree(request).get("Entries")) {
      if (taken.contains(entry.get("Id").asText())) {
        accepted.accept(entry.get("MessageBody").asText());
      }
    }
  }

  private boolean happens(double chance) {
    boolean happens = chance > 0 && ThreadLocalRandom.current().nextDouble() < chance;
    if (happens) {
      injected.incrementAndGet();
    }
    return happens;
  }

  /** The request without the entries that fail; empty if none is left. */
  private byte[] withoutFailing(byte[] body, ArrayNode failed, double chance) throws IOException {
    ObjectNode request = (ObjectNode) JSON.readTree(body);
    ArrayNode kept = JSON.createArrayNode();
    for (JsonNode entry : request.get("Entries")) {
      if (happens(chance)) {
        failed
            .addObject()
            .put("Id", entry.get("Id").asText())
            .put("SenderFault", false)
            .put("Code", "InternalError")
            .put("Message", "We encountered an internal error. Please try again.");
      } else {
        kept.add(entry);
      }
    }
    request.set("Entries", kept);
    return kept.isEmpty() ? new byte[0] : JSON.writeValueAsBytes(request);
  }

  private static byte[] merge(ObjectNode response, ArrayNode failed) throws IOException {
    if (!response.has("Successful")) {
      response.putArray("Successful");
    }
    response.withArray("Failed").addAll(failed);
    return JSON.writeValueAsBytes(response);
  }

  private HttpResponse<byte[]> forward(HttpExchange exchange, byte[] body)
      throws IOException, InterruptedException {
    var request = HttpRequest.newBuilder(target.resolve(exchange.getRequestURI()));
    for (Map.Entry<String, List<String>> header : exchange.getRequestHeaders().entrySet()) {
      String name = header.getKey().toLowerCase(java.util.Locale.ROOT);
      if (name.startsWith("x-amz") || name.equals("content-type") || name.equals("authorization")) {
        header.getValue().forEach(v -> request.header(name, v));
      }
    }
    request.POST(HttpRequest.BodyPublishers.ofByteArray(body));
    return client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
  }

  private static void answer(HttpExchange exchange, int status, byte[] body) throws IOException {
    exchange.getResponseHeaders().set("content-type", "application/x-amz-json-1.0");
    exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
    exchange.getResponseBody().write(body);
  }
}
