package io.outboxpipeline.receiver;

import java.sql.SQLException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An exception as a log may show it: classes, stack traces and the database's codes, without the
 * messages, because those of parsers and databases quote the data that they were given.
 */
final class WithoutValues extends Exception {
  private static final long serialVersionUID = 1;
  private static final int DEEPEST = 20;
  private static final Pattern QUOTED = Pattern.compile("(['\"]).*\\1");

  private WithoutValues(Throwable e, @Nullable Throwable cause) {
    super(
        e instanceof SQLException sql
            ? e.getClass().getName() + ": " + message(sql)
            : e.getClass().getName(),
        cause);
    setStackTrace(e.getStackTrace());
  }

  static WithoutValues of(Throwable e) {
    return of(e, 1);
  }

  private static WithoutValues of(Throwable e, int depth) {
    Throwable cause = e.getCause();
    return new WithoutValues(e, cause == null || depth == DEEPEST ? null : of(cause, depth + 1));
  }

  /** A database's message without what it quotes, and its codes. */
  static String message(SQLException e) {
    String first = String.valueOf(e.getMessage()).strip().lines().findFirst().orElse("");
    String message = QUOTED.matcher(first).replaceAll("'…'");
    return message + " (SQLState " + e.getSQLState() + ", error " + e.getErrorCode() + ")";
  }
}
