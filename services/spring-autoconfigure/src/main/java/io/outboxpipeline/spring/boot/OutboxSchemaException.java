package io.outboxpipeline.spring.boot;

import java.util.List;

/** The database has not the tables that append needs. */
final class OutboxSchemaException extends RuntimeException {
  private static final long serialVersionUID = 1;

  OutboxSchemaException(List<String> missing) {
    super("the outbox's tables are not as append needs them: " + String.join("; ", missing));
  }
}
