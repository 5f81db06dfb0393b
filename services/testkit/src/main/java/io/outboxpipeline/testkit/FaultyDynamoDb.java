package io.outboxpipeline.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
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
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A DynamoDB endpoint in front of another one, with the faults of the real one that a local peer
 * does not have. Thread-safe.
 */
public final class FaultyDynamoDb implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String PREFIX = "DynamoDB_20120810.";
  private static final Set<String> CONFLICTING =
      Set.of("UpdateItem", "PutItem", "DeleteItem", "TransactWriteItems");

  /** What becomes of a request. */
  public enum Fault {
    /** It is passed on. */
    NONE,
    /** It is refused as throttled. */
    THROTTLE,
    /** A write is refused because a transaction has the item; anything else is passed on. */
    CONFLICT,
    /** It is refused as not allowed. */
    DENY,
    /** It is refused as one that can't be carried out, however often it comes. */
    REFUSE,
    /** Its connection is closed, and nothing is done. */
    DROP_BEFORE,
    /** It is carried out, and its connection closed without an answer. */
    DROP_AFTER,
    /** A query gets what the same query got before; anything else is passed on. */
    STALE
  }

  /** Decides for each request; may wait, which holds the request up. */
  @FunctionalInterface
  public interface Plan {
    /**
     * What becomes of one.
     *
     * @param action such as {@code UpdateItem}
     */
    Fault of(String action, JsonNode request);

    /** Passes everything on. */
    Plan NONE = (action, request) -> Fault.NONE;

    /** A fault, drawn from all kinds, in so many of a hundred requests. */
    static Plan percent(int percent) {
      Fault[] kinds = {
        Fault.THROTTLE, Fault.CONFLICT, Fault.DROP_BEFORE, Fault.DROP_AFTER, Fault.STALE
      };
      return (action, request) ->
          ThreadLocalRandom.current().nextInt(100) < percent
              ? kinds[ThreadLocalRandom.current().nextInt(kinds.length)]
              : Fault.NONE;
    }
  }

  @SuppressWarnings("ArrayRecordComponent") // not compared by value
  private record Answer(int status, byte[] body) {}

  private final URI target;
  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpClient client = HttpClient.newBuilder().executor(threads).build();
  private final AtomicInteger injected = new AtomicInteger();
  private final ConcurrentMap<String, AtomicInteger> calls = new ConcurrentHashMap<>();
  private final ConcurrentMap<String, Answer> queries = new ConcurrentHashMap<>();
  private volatile Plan plan = Plan.NONE;

  /**
   * On a free port of the loopback interface.
   *
   * @param target the endpoint that carries requests out
   */
  public FaultyDynamoDb(URI target) {
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

  public URI endpoint() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  /** What goes wrong from now on. */
  public void set(Plan next) {
    plan = next;
  }

  /** How many faults there were. */
  public int injected() {
    return injected.get();
  }

  /** How often each action was asked for. */
  public Map<String, Integer> calls() {
    var counts = new TreeMap<String, Integer>();
    calls.forEach((action, count) -> counts.put(action, count.get()));
    return counts;
  }

  @Override
  public void close() {
    server.stop(0);
    client.shutdownNow();
    threads.shutdownNow();
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      String header = exchange.getRequestHeaders().getFirst("x-amz-target");
      String action = header == null ? "" : header.replace(PREFIX, "");
      calls.computeIfAbsent(action, a -> new AtomicInteger()).incrementAndGet();
      JsonNode request = body.length == 0 ? JSON.createObjectNode() : JSON.readTree(body);
      Fault fault = plan.of(action, request);
      if (fault != Fault.NONE) {
        injected.incrementAndGet();
      }
      Answer answer =
          switch (fault) {
            case NONE -> forward(exchange, action, body);
            case THROTTLE -> throttled(action);
            case CONFLICT ->
                CONFLICTING.contains(action) ? conflict(action) : forward(exchange, action, body);
            case DENY ->
                error(
                    "com.amazon.coral.service#AccessDeniedException",
                    "User is not authorized to perform: dynamodb:" + action);
            case REFUSE ->
                error("com.amazon.coral.validate#ValidationException", "refused by the test");
            case DROP_BEFORE -> null;
            case DROP_AFTER -> {
              forward(exchange, action, body);
              yield null;
            }
            case STALE ->
                queries.getOrDefault(new String(body, UTF_8), forward(exchange, "not kept", body));
          };
      if (answer != null) {
        exchange.getResponseHeaders().set("content-type", "application/x-amz-json-1.0");
        exchange.sendResponseHeaders(answer.status, answer.body.length);
        exchange.getResponseBody().write(answer.body);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static Answer throttled(String action) throws IOException {
    return action.equals("TransactWriteItems")
        ? cancelled("ThrottlingError")
        : error(
            "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",
            "The level of configured provisioned throughput for one or more global secondary"
                + " indexes of the table was exceeded.");
  }

  private static Answer conflict(String action) throws IOException {
    return action.equals("TransactWriteItems")
        ? cancelled("TransactionConflict")
        : error(
            "com.amazonaws.dynamodb.v20120810#TransactionConflictException",
            "Transaction is ongoing for the item");
  }

  private static Answer cancelled(String reason) throws IOException {
    var json = JSON.createObjectNode();
    json.put("__type", "com.amazonaws.dynamodb.v20120810#TransactionCanceledException");
    json.put(
        "Message", "Transaction cancelled, please refer cancellation reasons [" + reason + "]");
    json.putArray("CancellationReasons").addObject().put("Code", reason).put("Message", reason);
    return new Answer(400, JSON.writeValueAsBytes(json));
  }

  private static Answer error(String type, String message) throws IOException {
    return new Answer(
        400,
        JSON.writeValueAsBytes(
            JSON.createObjectNode().put("__type", type).put("message", message)));
  }

  private Answer forward(HttpExchange exchange, String action, byte[] body)
      throws IOException, InterruptedException {
    var request = HttpRequest.newBuilder(target.resolve(exchange.getRequestURI()));
    for (Map.Entry<String, List<String>> header : exchange.getRequestHeaders().entrySet()) {
      String name = header.getKey().toLowerCase(Locale.ROOT);
      if (name.startsWith("x-amz") || name.equals("content-type") || name.equals("authorization")) {
        header.getValue().forEach(v -> request.header(name, v));
      }
    }
    request.POST(HttpRequest.BodyPublishers.ofByteArray(body));
    HttpResponse<byte[]> response =
        client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    var answer = new Answer(response.statusCode(), response.body());
    if (action.equals("Query") && answer.status == 200) {
      queries.put(new String(body, UTF_8), answer);
    }
    return answer;
  }
}
