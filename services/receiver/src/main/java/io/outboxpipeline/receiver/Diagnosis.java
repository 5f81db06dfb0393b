package io.outboxpipeline.receiver;

import java.sql.SQLException;

/** Tells a person why the database cannot be used. Thread-safe. */
@FunctionalInterface
public interface Diagnosis {

  /**
   * What the check of the database says now.
   *
   * @param failure what opening a connection, preparing the database or a look at it threw
   * @param before what the check said last
   */
  Health of(Throwable failure, Health before);

  /** The first cause that a database threw, without the values that it quotes. */
  static Health firstCause(Throwable failure) {
    Throwable first = failure;
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (t instanceof SQLException) {
        first = t;
      }
    }
    return Health.down(
        first instanceof SQLException sql
            ? WithoutValues.message(sql)
            : first.getClass().getSimpleName() + ": " + first.getMessage());
  }
}
