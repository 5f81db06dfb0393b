package io.outboxpipeline.ownership;

import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;

/** Connections on which each statement is a transaction, however their pool is set. */
final class AutoCommit {

  private AutoCommit() {}

  static Connection connection(DataSource database) throws SQLException {
    Connection c = database.getConnection();
    try {
      c.setAutoCommit(true);
      return c;
    } catch (SQLException e) {
      c.close();
      throw e;
    }
  }
}
