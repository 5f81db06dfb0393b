package io.outboxpipeline.quickstart;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Clients that post spendings to several bases at once. A spending by {@link #ROLLED_BACK} is one
 * that the database is told to refuse after its event was written.
 */
final class Clients implements AutoCloseable {
  static final String ROLLED_BACK = "Rollback";

  private final ExecutorService threads;
  private final HttpClient http = HttpClient.newHttpClient();
  private final List<Future<?>> running = new ArrayList<>();
  private final AtomicInteger posted = new AtomicInteger();
  private final AtomicInteger rolledBack = new AtomicInteger();

  /** Begins to post; every fifth is to be rolled back. */
  Clients(int clients, int posts, int identities, List<URI> bases) {
    threads = Executors.newFixedThreadPool(clients);
    var next = new AtomicInteger();
    for (int c = 0; c < clients; c++) {
      var random = new Random(c);
      running.add(
          threads.submit(
              () -> {
                for (int n = next.getAndIncrement(); n < posts; n = next.getAndIncrement()) {
                  post(bases.get(n % bases.size()), n, random.nextInt(identities));
                }
                return null;
              }));
    }
  }

  private void post(URI base, int n, int identity) throws IOException, InterruptedException {
    boolean refuse = n % 5 == 0;
    String body =
        String.format(
            Locale.ROOT,
            "{\"identity\":\"id-%d\",\"name\":\"%s\",\"surname\":\"S\",\"amount\":\"%d.%02d\"}",
            identity,
            refuse ? ROLLED_BACK : "N",
            n + 1,
            n % 100);
    var request =
        HttpRequest.newBuilder(base)
            .timeout(Duration.ofSeconds(30))
            .header("content-type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    int status = http.send(request, HttpResponse.BodyHandlers.ofString()).statusCode();
    if (status != (refuse ? 500 : 201)) {
      throw new IllegalStateException("post " + n + " answered " + status);
    }
    (refuse ? rolledBack : posted).incrementAndGet();
  }

  /** How many were answered, committed or not. */
  int answered() {
    return posted.get() + rolledBack.get();
  }

  int posted() {
    return posted.get();
  }

  int rolledBack() {
    return rolledBack.get();
  }

  /** Waits for the last answer; an unexpected one is an error. */
  void await() throws InterruptedException, ExecutionException {
    for (Future<?> f : running) {
      f.get();
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
    http.shutdownNow();
  }
}
