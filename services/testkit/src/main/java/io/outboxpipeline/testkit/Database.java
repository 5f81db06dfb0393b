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
