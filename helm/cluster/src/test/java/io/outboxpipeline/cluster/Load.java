package io.outboxpipeline.cluster;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Clients that post spendings at a steady rate, and each again with its Idempotency-Key until it is
 * answered 201.
 */
final class Load implements AutoCloseable {
  private static final int CLIENTS = 16;
  private static final int IDENTITIES = 200;
  private static final AtomicInteger NUMBERS = new AtomicInteger();

  private final HttpClient http =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final List<Future<?>> clients = new ArrayList<>();
  private final URI spending;
  private final AtomicInteger left;
  private final AtomicInteger posted = new AtomicInteger();

  /**
   * Begins to post.
   *
   * @param perSecond how many, 0 for as many as are answered
   * @param count after which it ends by itself
   */
  Load(URI spending, int perSecond, int count) {
    this.spending = spending;
    left = new AtomicInteger(count);
    Duration pause =
        perSecond == 0
            ? Duration.ZERO
            : Duration.ofSeconds(1).multipliedBy(CLIENTS).dividedBy(perSecond);
    for (int c = 0; c < CLIENTS; c++) {
      clients.add(
          threads.submit(
              () -> {
                while (left.getAndDecrement() > 0) {
                  post(NUMBERS.incrementAndGet());
                  posted.incrementAndGet();
                  Thread.sleep(pause);
                }
                return null;
              }));
    }
  }

  private void post(int number) throws InterruptedException {
    String body =
        String.format(
            Locale.ROOT,
            "{\"identity\":\"id-%d\",\"name\":\"N\",\"surname\":\"S\",\"amount\":\"%d.50\"}",
            number % IDENTITIES,
            number);
    var request =
        HttpRequest.newBuilder(spending)
            .timeout(Duration.ofSeconds(5))
            .header("content-type", "application/json")
            .header("idempotency-key", "post-" + number)
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    while (!created(request)) {
      Thread.sleep(200);
    }
  }

  private boolean created(HttpRequest request) throws InterruptedException {
    try {
      int status = http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
      if (status >= 400 && status < 500) {
        throw new IllegalStateException("a post was answered " + status);
      }
      return status == 201;
    } catch (IOException away) {
      return false;
    }
  }

  /** How many were answered 201. */
  int posted() {
    return posted.get();
  }

  /** Waits until all that it was to post is answered. */
  void await() {
    try {
      for (Future<?> client : clients) {
        client.get(5, TimeUnit.MINUTES);
      }
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException("not all posts were answered as they should", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Posts nothing new, and waits for what is being posted. */
  @Override
  public void close() {
    left.set(0);
    await();
    threads.shutdown();
    http.close();
  }
}
