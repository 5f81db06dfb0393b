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
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Clients that post spendings to several bases at once, each as a real one does: with an
 * Idempotency-Key, and again after {@code Retry-After} where the base is busy or gives no answer. A
 * spending by {@link #ROLLED_BACK} is one that the database is told to refuse after its event was
 * written.
 */
final class Clients implements AutoCloseable {
  static final String ROLLED_BACK = "Rollback";

  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final ExecutorService threads;
  private final HttpClient http = HttpClient.newHttpClient();
  private final List<Future<?>> running = new ArrayList<>();
  private final AtomicInteger posted = new AtomicInteger();
  private final AtomicInteger rolledBack = new AtomicInteger();

  /**
   * Begins to post; every fifth is to be rolled back.
   *
   * @param perSecond how many at most
   */
  Clients(int clients, int posts, int perSecond, int identities, List<URI> bases) {
    threads = Executors.newFixedThreadPool(clients);
    var next = new AtomicInteger();
    long begin = System.nanoTime();
    for (int c = 0; c < clients; c++) {
      var random = new Random(c);
      running.add(
          threads.submit(
              () -> {
                for (int n = next.getAndIncrement(); n < posts; n = next.getAndIncrement()) {
                  long due = begin + TimeUnit.SECONDS.toNanos(n) / perSecond;
                  TimeUnit.NANOSECONDS.sleep(due - System.nanoTime());
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
            "{\"identity\":\"id-%d\",\"name\":\"%s\",\"surname\":\"Iı İi ส é\",\"amount\":\"%d.%02d\"}",
            identity,
            refuse ? ROLLED_BACK : "N",
            n + 1,
            n % 100);
    var request =
        HttpRequest.newBuilder(base)
            .timeout(Duration.ofSeconds(30))
            .header("content-type", "application/json")
            .header("idempotency-key", "post-" + n)
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    int status = answer(request);
    if (status != (refuse ? 500 : 201)) {
      throw new IllegalStateException("post " + n + " answered " + status);
    }
    (refuse ? rolledBack : posted).incrementAndGet();
  }

  /** The status of the first answer that is not the base's word that it is busy. */
  private int answer(HttpRequest request) throws IOException, InterruptedException {
    IOException none = null;
    for (long end = System.nanoTime() + PATIENCE.toNanos(); System.nanoTime() < end; ) {
      Duration pause = Duration.ofSeconds(1);
      try {
        var answer = http.send(request, HttpResponse.BodyHandlers.discarding());
        if (answer.statusCode() != 503) {
          return answer.statusCode();
        }
        pause = Duration.ofSeconds(answer.headers().firstValueAsLong("retry-after").orElse(1));
      } catch (IOException e) {
        none = e;
      }
      TimeUnit.NANOSECONDS.sleep(pause.toNanos());
    }
    throw new IOException("no answer but 503 within " + PATIENCE, none);
  }

  /** How many were answered, committed or not; an unexpected answer is an error. */
  int answered() throws InterruptedException, ExecutionException {
    for (Future<?> f : running) {
      if (f.isDone()) {
        f.get();
      }
    }
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
