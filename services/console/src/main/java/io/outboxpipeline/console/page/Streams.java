package io.outboxpipeline.console.page;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.outboxpipeline.console.model.Desk;
import io.outboxpipeline.console.model.Desks;
import io.outboxpipeline.console.model.Job;
import io.outboxpipeline.runtime.ProblemException;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * What changes while one looks, as server-sent events. A stream ends after half a minute and the
 * browser asks again, so that a right that has ended, or a browser that is gone, ends with it.
 * Thread-safe.
 */
public final class Streams implements HttpService {
  private static final int AT_ONCE = 100;
  private static final Duration PERIOD = Duration.ofSeconds(1);
  private static final Duration LENGTH = Duration.ofSeconds(25);

  private final Desks desks;
  private final Semaphore places = new Semaphore(AT_ONCE);
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition stops = lock.newCondition();
  private boolean stopping;

  public Streams(Desks desks) {
    this.desks = desks;
  }

  @Override
  public void routing(HttpRules rules) {
    rules.get("/p/{pipeline}/stream", this::stream);
  }

  /** Ends all streams, now and later. */
  public void stop() {
    lock.lock();
    try {
      stopping = true;
      stops.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void stream(ServerRequest req, ServerResponse res) throws IOException {
    Supplier<String> view = view(Requests.desk(desks, req), req);
    if (!places.tryAcquire()) {
      throw new ProblemException(
              Status.SERVICE_UNAVAILABLE_503, "Too many pages are open. This one is not live.")
          .withHeader("Retry-After", "5");
    }
    try {
      res.header(HeaderNames.CONTENT_TYPE, "text/event-stream; charset=utf-8")
          // nginx would collect events before it passes them on.
          .header(HeaderNames.create("X-Accel-Buffering"), "no");
      write(res, view);
    } finally {
      places.release();
    }
  }

  private void write(ServerResponse res, Supplier<String> view) throws IOException {
    long end = System.nanoTime() + LENGTH.toNanos();
    try (OutputStream out = res.outputStream()) {
      out.write("retry: 1000\n\n".getBytes(UTF_8));
      String last = "";
      do {
        // The console lives, however long the services take.
        out.write("event: beat\ndata:\n\n".getBytes(UTF_8));
        out.flush();
        String now = view.get();
        if (!now.equals(last)) {
          out.write(event(now).getBytes(UTF_8));
          out.flush();
        }
        last = now;
      } while (paused() && System.nanoTime() - end < 0);
    }
  }

  private boolean paused() {
    lock.lock();
    try {
      long left = PERIOD.toNanos();
      while (!stopping && left > 0) {
        left = stops.awaitNanos(left);
      }
      return !stopping;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      lock.unlock();
    }
  }

  /** Each line of the text becomes a line of data. */
  private static String event(String text) {
    return "data: " + String.join("\ndata: ", text.split("\r\n|\r|\n", -1)) + "\n\n";
  }

  private static Supplier<String> view(Desk desk, ServerRequest req) {
    return switch (Requests.value(req.query(), "view")) {
      case "flow" -> () -> FlowPage.content(desk.flow().get()).toString();
      case "slots" -> () -> SlotsPage.content(desk.slots().get()).toString();
      case "problems" -> () -> ProblemsPage.digest(desk.problems().get());
      case "job" -> {
        String id = Requests.value(req.query(), "job");
        yield () -> {
          Optional<Job> job = desk.actions().job(id);
          return job.map(j -> ActionPages.progress(j).toString()).orElse("");
        };
      }
      default -> throw new ProblemException(Status.NOT_FOUND_404, "There is no such view.");
    };
  }
}
