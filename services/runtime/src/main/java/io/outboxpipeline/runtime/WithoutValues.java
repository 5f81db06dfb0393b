package io.outboxpipeline.runtime;

import java.sql.SQLException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An exception as a log may show it: the classes, the stack traces and the database's codes of what
 * was thrown, without the messages, because those of parsers and databases quote the data that they
 * were given.
 */
public final class WithoutValues extends Exception {
  private static final long serialVersionUID = 1;
  private static final int DEEPEST = 20;

  /** A server quotes values, and names of its own too. */
  private static final Pattern QUOTED = Pattern.compile("(['\"]).*\\1", Pattern.DOTALL);

  private WithoutValues(Throwable e, @Nullable Throwable cause) {
    super(describe(e), cause);
    setStackTrace(e.getStackTrace());
  }

  /** What to log in place of an exception. */
  public static WithoutValues of(Throwable e) {
    return of(e, 1);
  }

  private static WithoutValues of(Throwable e, int depth) {
    Throwable cause = e.getCause();
    return new WithoutValues(e, cause == null || depth == DEEPEST ? null : of(cause, depth + 1));
  }

  private static String describe(Throwable e) {
    String name = e.getClass().getName();
    return e instanceof SQLException sql ? name + ": " + message(sql) : name;
  }

  /** A database's message without what it quotes, and its codes. */
  static String message(SQLException e) {
    String message = QUOTED.matcher(String.valueOf(e.getMessage())).replaceAll("'…'");
    return message + " (SQLState " + e.getSQLState() + ", error " + e.getErrorCode() + ")";
  }
}
