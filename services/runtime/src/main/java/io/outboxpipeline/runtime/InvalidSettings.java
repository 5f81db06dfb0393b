package io.outboxpipeline.runtime;

import java.util.List;

/** The settings do not work; the message names every bad key, one a line, and shows no secret. */
public final class InvalidSettings extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final transient List<String> problems;

  InvalidSettings(List<String> problems) {
    super(
        (problems.size() == 1 ? "1 setting is wrong:" : problems.size() + " settings are wrong:")
            + "\n  "
            + String.join("\n  ", problems));
    this.problems = List.copyOf(problems);
  }

  /** What is wrong, one sentence for each key. */
  public List<String> problems() {
    return problems;
  }
}
