package io.outboxpipeline.consumer;

import java.sql.Connection;
import java.sql.SQLException;

/** Whether this one may look at the dead letters, of all consumers of a database. Without state. */
final class LookLock {
  private static final String NAME = "SHA2(CONCAT(DATABASE(), ' dead letters'), 224)";

  private LookLock() {}

  /** Takes the lock, which ends with the connection at the latest; never waits. */
  static boolean take(Connection c) throws SQLException {
    return said(c, "SELECT GET_LOCK(" + NAME + ", 0)");
  }

  static boolean give(Connection c) throws SQLException {
    return said(c, "SELECT RELEASE_LOCK(" + NAME + ")");
  }

  private static boolean said(Connection c, String sql) throws SQLException {
    try (var s = c.prepareStatement(sql);
        var row = s.executeQuery()) {
      return row.next() && row.getInt(1) == 1;
    }
  }
}
