package io.outboxpipeline.receiver;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Told once that the receiver stops; waits that it ends early. Thread-safe. */
final class Stop {
  private final CountDownLatch told = new CountDownLatch(1);

  void tell() {
    told.countDown();
  }

  boolean told() {
    return told.getCount() == 0;
  }

  /** Waits; an interrupt counts as being told. */
  void pause(Duration time) {
    try {
      if (told.await(time.toMillis(), TimeUnit.MILLISECONDS)) {
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      tell();
    }
  }
}
