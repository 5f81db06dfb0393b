package io.outboxpipeline.testkit;

import com.mysql.cj.jdbc.MysqlDataSource;
import java.sql.SQLException;
import javax.sql.DataSource;

/** One empty database of a test's own. */
public record Database(String host, int port, String name, String user, String password) {

  /** A source of new connections, without a pool. */
  public DataSource dataSource() {
    var source = new MysqlDataSource();
    source.setUrl(jdbcUrl());
    source.setUser(user);
    source.setPassword(password);
    return source;
  }

  public String jdbcUrl() {
    return "jdbc:mysql://" + host + ":" + port + "/" + name;
  }

  /** Runs statements one after the other, each in a transaction of its own. */
  public void execute(String... statements) {
    try (var c = dataSource().getConnection();
        var s = c.createStatement()) {
      for (String sql : statements) {
        s.execute(sql);
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * A table of the statements that run in this database now: id, state, info, time. MySQL's own
   * information_schema.processlist fails where any connection of the server sends bytes that are no
   * text, and other tests do. MariaDB's does not, and its performance_schema is off.
   */
  public String running() {
    return number("SELECT VERSION() LIKE '%MariaDB%'") == 1
        ? """
          (SELECT id, state, info, time FROM information_schema.processlist
           WHERE db = DATABASE() AND id <> CONNECTION_ID() AND info IS NOT NULL) running"""
        : """
          (SELECT processlist_id id, processlist_state state, processlist_info info,
             processlist_time time
           FROM performance_schema.threads
           WHERE processlist_db = DATABASE() AND processlist_id <> CONNECTION_ID()
             AND processlist_info IS NOT NULL) running""";
  }

  /** The first column of the first row, as a number. */
  public long number(String query) {
    try (var c = dataSource().getConnection();
        var s = c.createStatement();
        var rows = s.executeQuery(query)) {
      rows.next();
      return rows.getLong(1);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
