package io.outboxpipeline.relay.send;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * Interrupts calls that take too long, at most a tenth of the limit late. One thread looks after
 * all of them: the SDK's own time-outs, a task in a scheduler for each call, cost as much time as
 * the rest of a request. Thread-safe.
 */
final class TimeLimit implements AutoCloseable {
  private final long limit;
  private final Map<Thread, Long> deadlines = new ConcurrentHashMap<>();
  private final Thread thread = Thread.ofVirtual().name("time-limit").start(this::watch);

  /**
   * @param limit of each call, a tenth of which is the tolerance
   */
  TimeLimit(Duration limit) {
    this.limit = limit.toNanos();
  }

  /** Makes a call in this thread, which is interrupted if it takes too long. */
  <T> T call(Supplier<T> call) {
    Thread caller = Thread.currentThread();
    deadlines.put(caller, System.nanoTime() + limit);
    try {
      return call.get();
    } finally {
      // No interrupt comes after this; one that came too late for the call is not for what follows.
      if (deadlines.remove(caller) == null) {
        Thread.interrupted();
      }
    }
  }

  @Override
  public void close() {
    thread.interrupt();
  }

  private void watch() {
    try {
      while (true) {
        Thread.sleep(Duration.ofNanos(limit / 10));
        for (Thread caller : deadlines.keySet()) {
          deadlines.computeIfPresent(
              caller,
              (t, deadline) -> {
                if (System.nanoTime() - deadline < 0) {
                  return deadline;
                }
                t.interrupt();
                return null;
              });
        }
      }
    } catch (InterruptedException e) {
      // closed
    }
  }
}
