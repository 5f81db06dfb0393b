package io.outboxpipeline.bench;

import java.util.List;

/** What one run of a scenario gave. */
sealed interface Result {

  /** Order and completeness held. */
  record Measured(List<Figure> figures, List<Chart> charts) implements Result {}

  /**
   * What must always hold did not.
   *
   * @param rule what was violated, and how
   */
  record Violated(String rule) implements Result {}

  /** Measured, without charts. */
  static Result of(Figure... figures) {
    return new Measured(List.of(figures), List.of());
  }
}
