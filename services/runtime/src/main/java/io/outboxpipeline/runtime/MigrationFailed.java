package io.outboxpipeline.runtime;

/** The tables could not be brought up to date; the message says why. */
final class MigrationFailed extends RuntimeException {
  private static final long serialVersionUID = 1;

  MigrationFailed(DatabaseTrouble trouble, Throwable cause) {
    super("the tables could not be brought up to date; " + trouble, cause);
  }
}
