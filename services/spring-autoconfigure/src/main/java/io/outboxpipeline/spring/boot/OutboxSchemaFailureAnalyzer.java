package io.outboxpipeline.spring.boot;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Says where the tables come from. */
final class OutboxSchemaFailureAnalyzer extends AbstractFailureAnalyzer<OutboxSchemaException> {
  @Override
  protected FailureAnalysis analyze(Throwable root, OutboxSchemaException cause) {
    return new FailureAnalysis(
        String.valueOf(cause.getMessage()),
        "Leave outboxpipeline.outbox.migrations.enabled on, or run the scripts in io/outboxpipeline/outbox/sql of the"
            + " outbox's jar by Liquibase or by hand. Do not let an object mapper make the tables.",
        cause);
  }
}
