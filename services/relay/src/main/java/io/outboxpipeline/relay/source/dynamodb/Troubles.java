package io.outboxpipeline.relay.source.dynamodb;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import io.outboxpipeline.runtime.DynamoDbTrouble;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

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
    is(kind, DynamoDbTrouble.of(e));
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
}
