package io.outboxpipeline.console.access;

/**
 * Who asks.
 *
 * @param name for the record of decisions
 */
public record User(String name, Role role) {

  /** What a person may do. */
  public enum Role {
    /** Look. */
    VIEWER,
    /** Look and decide. */
    OPERATOR
  }

  public boolean decides() {
    return role == Role.OPERATOR;
  }
}
