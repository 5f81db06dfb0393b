package io.outboxpipeline.outbox;

import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLRecoverableException;
import java.sql.SQLTransientConnectionException;
import java.util.Set;
import java.util.regex.Pattern;

/** What an error of MySQL or MariaDB means: the one place that says so. */
public enum DatabaseFailure {
  /**
   * The database undid the work, or a part of it, in favour of another transaction. Rolled back and
   * run again as a whole, it may succeed.
   */
  CONFLICT,
  /**
   * The database cannot be used now, whatever the statement: the connection is lost, the server is
   * read-only, shuts down, has no quorum, or lets nobody in.
   */
  AWAY,
  /**
   * The database is there and refuses this statement for a reason that an operator's hand mends: a
   * table or right is missing, a disk is full, the statement was killed.
   */
  UNREADY,
  /** The statement or its data is at fault, or it is no error of a database at all. */
  OTHER;

  /** Lock wait, deadlock, group replication's certification, a changed record, Galera's commit. */
  private static final Set<Integer> CONFLICTS = Set.of(1205, 1213, 3101, 1020, 149);

  private static final Set<Integer> NOBODY_CAN_USE_IT =
      Set.of(
          // Access denied, no such database: at connecting.
          1045,
          1049,
          1698,
          // Read-only, as in a failover.
          1290,
          1792,
          1836,
          // Too many connections, or too many of this user's.
          1040,
          1203,
          1226,
          // Shutting down, the connection killed or idle for too long, a node that is not ready.
          1053,
          1077,
          1079,
          1927,
          3169,
          4031,
          1047,
          // Group replication: this node leaves its group at the commit, or holds statements back.
          3100,
          3796,
          3797);

  private static final Set<Integer> NEEDS_A_HAND =
      Set.of(
          // No right to the database, the table, the column; no such table (yet).
          1044,
          1142,
          1143,
          1146,
          // A full disk or table.
          1021,
          1114,
          // The statement was killed or took too long.
          1317,
          1969,
          3024);

  private static final int ERROR_DURING_COMMIT = 1180;
  private static final Pattern ENGINE_ERROR = Pattern.compile("error (\\d+)");

  /** What an exception means, or the first of its causes that a database threw. */
  public static DatabaseFailure of(Throwable e) {
    for (Throwable t = e; t != null; t = t.getCause()) {
      if (t instanceof SQLException sql) {
        DatabaseFailure failure = of(sql);
        if (failure != OTHER) {
          return failure;
        }
      }
    }
    return OTHER;
  }

  private static DatabaseFailure of(SQLException e) {
    String state = String.valueOf(e.getSQLState());
    String message = String.valueOf(e.getMessage());
    int code = e.getErrorCode();
    if (noQuorum(message)) {
      return AWAY;
    }
    if (code == ERROR_DURING_COMMIT) {
      return atCommit(message);
    }
    if (state.equals("40001") || CONFLICTS.contains(code)) {
      return CONFLICT;
    }
    if (NEEDS_A_HAND.contains(code)) {
      return UNREADY;
    }
    return state.startsWith("08")
            || NOBODY_CAN_USE_IT.contains(code)
            || e instanceof SQLTransientConnectionException
            || e instanceof SQLNonTransientConnectionException
            || e instanceof SQLRecoverableException
        ? AWAY
        : OTHER;
  }

  /**
   * The number in the message is the storage engine's, or the replication provider's: Galera's
   * wsrep_status has 6 for a node without its group, 7 and 8 for one that failed. Its 5 is a
   * transaction that is too large.
   */
  private static DatabaseFailure atCommit(String message) {
    var error = ENGINE_ERROR.matcher(message);
    return switch (error.find() ? error.group(1) : "") {
      case "149" -> CONFLICT;
      case "6", "7", "8" -> AWAY;
      default -> OTHER;
    };
  }

  /** A Galera node says so in words, with numbers and states of other errors. */
  private static boolean noQuorum(String message) {
    return message.contains("Not connected to Primary Component")
        || message.contains("WSREP has not yet prepared node");
  }
}
