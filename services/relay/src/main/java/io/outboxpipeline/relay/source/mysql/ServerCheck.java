package io.outboxpipeline.relay.source.mysql;

import java.sql.Connection;
import java.sql.SQLException;

/** The SQL that tells which server, and which table, a connection leads to. */
final class ServerCheck {

  private ServerCheck() {}

  /** The server's name, unlike that of any other. */
  static String name(Connection c) throws SQLException {
    try (var s = c.createStatement();
        var row =
            s.executeQuery("SELECT CONCAT_WS(' ', @@hostname, @@port, @@server_id, @@datadir)")) {
      row.next();
      return row.getString(1);
    }
  }

  static Server server(Connection c) throws SQLException {
    // MySQL alone remembers a table's next id for a day unless told otherwise.
    try (var s = c.createStatement()) {
      s.execute("SET @obt_check = 1 /*!80003 , SESSION information_schema_stats_expiry = 0 */");
    }
    String sql =
        """
        SELECT CONCAT_WS(' ', @@hostname, @@port, @@server_id, @@datadir),
          @@global.read_only OR @@global.innodb_read_only,
          CAST(LEAST(IF(COUNT(*) = 0, %s, COALESCE(MAX(auto_increment), 1)), %s) AS SIGNED),
          COALESCE(MAX(create_time), '')
        FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'obt'
        """
            .formatted(Long.MAX_VALUE, Long.MAX_VALUE);
    try (var s = c.createStatement();
        var row = s.executeQuery(sql)) {
      row.next();
      return new Server(row.getString(1), row.getString(4), row.getLong(3), row.getBoolean(2));
    }
  }
}
