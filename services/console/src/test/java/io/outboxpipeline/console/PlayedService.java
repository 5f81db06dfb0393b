package io.outboxpipeline.console;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.outboxpipeline.console.ask.Endpoint;
import io.outboxpipeline.runtime.Secret;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;

/** A relay, a consumer or a base that says what a test wants, or does not answer. */
final class PlayedService implements AutoCloseable {
  static final String TOKEN = "the service's own token";

  /** A request that changes something. */
  record Asked(String target, String body) {}

  private record Said(int status, String body) {}

  private final HttpServer server;
  private final Map<String, Said> answers = new ConcurrentHashMap<>();
  private final List<Asked> posts = new CopyOnWriteArrayList<>();
  private final CountDownLatch closed = new CountDownLatch(1);
  private volatile boolean silent;

  PlayedService() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", this::handle);
    server.start();
  }

  /** What it says at a path; posts are answered with 204 until told otherwise. */
  PlayedService says(String path, int status, String body) {
    answers.put(path, new Said(status, body));
    return this;
  }

  PlayedService says(String path, String json) {
    return says(path, 200, json);
  }

  /** Takes requests from now on, and gives no answer. */
  void fallSilent(boolean is) {
    silent = is;
  }

  List<Asked> posts() {
    return List.copyOf(posts);
  }

  Endpoint endpoint() {
    return new Endpoint(
        URI.create("http://127.0.0.1:" + server.getAddress().getPort()),
        Optional.of(new Secret(TOKEN)));
  }

  private void handle(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    String body = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
    if (silent) {
      try {
        closed.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      exchange.close();
      return;
    }
    boolean known =
        ("Bearer " + TOKEN).equals(exchange.getRequestHeaders().getFirst("Authorization"));
    boolean post = exchange.getRequestMethod().equals("POST");
    // Until it is told otherwise it keeps no jobs, as a service of an older release.
    boolean taken = post && !path.startsWith("/admin/jobs");
    Said said = answers.getOrDefault(path, new Said(taken ? 204 : 404, ""));
    if (path.startsWith("/admin") && !known) {
      said = new Said(401, "{\"detail\":\"Send the admin token.\"}");
    } else if (taken || (post && answers.containsKey(path))) {
      posts.add(new Asked(exchange.getRequestURI().toString(), body));
    }
    byte[] bytes = said.body.getBytes(UTF_8);
    exchange.sendResponseHeaders(said.status, bytes.length == 0 ? -1 : bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  @Override
  public void close() {
    closed.countDown();
    server.stop(0);
  }
}
