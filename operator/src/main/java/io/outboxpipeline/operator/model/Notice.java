package io.outboxpipeline.operator.model;

/**
 * Something that a person should notice; it becomes a Kubernetes Event.
 *
 * @param reason one word, which stays the same from version to version
 */
public record Notice(Kind kind, String reason, String message) {

  /** As Kubernetes has it. */
  public enum Kind {
    Normal,
    Warning
  }
}
