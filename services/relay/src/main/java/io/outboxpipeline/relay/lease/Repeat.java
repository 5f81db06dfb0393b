package io.outboxpipeline.relay.lease;

import io.outboxpipeline.dynamodb.Retryable;
import java.util.function.Supplier;
import software.amazon.awssdk.core.exception.SdkException;

/** Calls that find out themselves whether an earlier attempt was done. */
final class Repeat {
  private Repeat() {}

  /** At once: who waits for an answer, such as a heartbeat's, has no time for pauses. */
  static <T> T upTo(int attempts, Supplier<T> call) {
    for (int attempt = 1; ; attempt++) {
      try {
        return call.get();
      } catch (SdkException e) {
        if (attempt == attempts || !Retryable.test(e)) {
          throw e;
        }
      }
    }
  }
}
