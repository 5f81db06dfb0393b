package io.outboxpipeline.spring.boot;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Says which beans there are and which property chooses. */
final class NoChoiceFailureAnalyzer extends AbstractFailureAnalyzer<NoChoiceException> {
  @Override
  protected FailureAnalysis analyze(Throwable root, NoChoiceException cause) {
    return new FailureAnalysis(
        String.valueOf(cause.getMessage()),
        "Set " + cause.property() + " to one of: " + cause.names(),
        cause);
  }
}
