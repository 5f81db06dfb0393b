package io.outboxpipeline.console.access;

import java.util.List;

/**
 * Who asks.
 *
 * @param name for the record of decisions
 * @param groups of a person whose role the cluster says, for each pipeline anew
 */
public record User(String name, Role role, List<String> groups) {

  public User {
    groups = List.copyOf(groups);
  }

  public User(String name, Role role) {
    this(name, role, List.of());
  }

  /** What a person may do. */
  public enum Role {
    /** Look. */
    VIEWER,
    /** Look and decide. */
    OPERATOR,
    /** What the cluster says at each pipeline; nothing before it was asked. */
    REVIEWED
  }

  public boolean decides() {
    return role == Role.OPERATOR;
  }

  /** Whether only the cluster knows what this person may do. */
  public boolean reviewed() {
    return role == Role.REVIEWED;
  }

  /** The same person with another role. */
  public User as(Role other) {
    return new User(name, other, groups);
  }
}
