package io.outboxpipeline.relay.source.dynamodb;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import software.amazon.awssdk.awscore.exception.AwsServiceException;

/** What is in the way, by kind: said once when it comes, and once when it goes. Thread-safe. */
final class Troubles {
  private static final System.Logger LOG = System.getLogger(Troubles.class.getName());

  /** What fails. */
  enum Kind {
    TABLE,
    READ,
    CHANGE
  }

  private final Map<Kind, String> now = new EnumMap<>(Kind.class);

  synchronized void failed(Kind kind, RuntimeException e) {
    is(kind, text(e));
  }

  synchronized void is(Kind kind, String text) {
    if (now.put(kind, text) == null) {
      LOG.log(WARNING, "{0}; tries again", text);
    }
  }

  synchronized void over(Kind kind) {
    if (now.remove(kind) != null) {
      LOG.log(INFO, "DynamoDB answers again");
    }
  }

  /** The first of them, if any. */
  synchronized Optional<String> first() {
    return now.values().stream().findFirst();
  }

  private static String text(RuntimeException e) {
    if (!(e instanceof AwsServiceException service) || service.awsErrorDetails() == null) {
      return "DynamoDB does not answer: " + e.getMessage();
    }
    String code = service.awsErrorDetails().errorCode();
    String message = service.awsErrorDetails().errorMessage();
    return service.isThrottlingException() || String.valueOf(code).contains("Throughput")
        ? "DynamoDB throttles: " + message
        : "DynamoDB refuses: " + code + ": " + message;
  }
}
