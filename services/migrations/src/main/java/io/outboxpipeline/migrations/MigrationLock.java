package io.outboxpipeline.migrations;

import static java.lang.System.Logger.Level.DEBUG;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.SQLIntegrityConstraintViolationException;
import java.sql.SQLSyntaxErrorException;
import java.time.Duration;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;

/**
 * Lets one at a time migrate a database. A lock by name is the server's own and ends with its
 * connection. But each node of a cluster with several writers has its own names, and Percona XtraDB
 * Cluster forbids them: there the lock is a row, which the nodes agree about, and its holder renews
 * it on a second connection. Used by one thread.
 */
final class MigrationLock {
  /** Lock wait, deadlock, Group Replication's certification, a changed record, Galera's commit. */
  private static final Set<Integer> CONFLICTS = Set.of(1205, 1213, 3101, 1020, 149);

  private static final int ERROR_DURING_COMMIT = 1180;

  private static final System.Logger LOG = System.getLogger(MigrationLock.class.getName());
  private static final Duration RENEW = Duration.ofSeconds(10);

  private static final Duration RETRY = Duration.ofMillis(500);

  /** As Percona XtraDB Cluster forbids locks by name. */
  private static final int UNKNOWN_ERROR = 1105;

  private final DataSource database;
  private final Connection connection;
  private final String table;
  private final String holder = UUID.randomUUID().toString();
  private final CountDownLatch released = new CountDownLatch(1);
  private final Kind kind;

  /** How one at a time is let in. */
  enum Kind {
    /** By a name, on a server that alone takes writes. */
    NAME,
    /** By a row, in a cluster. */
    ROW
  }

  private MigrationLock(DataSource database, Connection connection, String table, Kind kind) {
    this.database = database;
    this.connection = connection;
    this.table = table;
    this.kind = kind;
  }

  /**
   * Waits for the lock and takes it.
   *
   * @param connection in auto-commit mode, used until this is released
   * @param history the table that remembers which migrations ran
   * @throws SQLException if the database refuses, or if others have had the lock for that long
   */
  static MigrationLock take(
      DataSource database, Connection connection, String history, Duration longest)
      throws SQLException {
    return take(database, connection, history, longest, kind(connection));
  }

  static MigrationLock take(
      DataSource database, Connection connection, String history, Duration longest, Kind kind)
      throws SQLException {
    var lock = new MigrationLock(database, connection, history + "_lock", kind);
    switch (kind) {
      case NAME -> {
        if (!lock.takeName(longest)) {
          return take(database, connection, history, longest, Kind.ROW);
        }
      }
      case ROW -> lock.takeRow(longest);
    }
    return lock;
  }

  /** Galera, or group replication with several primaries. */
  private static Kind kind(Connection connection) throws SQLException {
    String sql =
        """
        SHOW GLOBAL VARIABLES WHERE
          (Variable_name = 'wsrep_on' AND Value IN ('ON', '1'))
          OR (Variable_name = 'group_replication_single_primary_mode' AND Value IN ('OFF', '0'))
        """;
    try (var s = connection.createStatement();
        var row = s.executeQuery(sql)) {
      return row.next() ? Kind.ROW : Kind.NAME;
    }
  }

  /**
   * @return false if this server has no locks by name
   */
  private boolean takeName(Duration longest) throws SQLException {
    String sql = "SELECT GET_LOCK(CONCAT('flyway-', SHA2(DATABASE(), 224)), ?)";
    try (var s = connection.prepareStatement(sql)) {
      s.setLong(1, longest.toSeconds());
      try (var row = s.executeQuery()) {
        row.next();
        // 0: another has it; NULL: an error, such as a person's KILL QUERY.
        int answer = row.getInt(1);
        if (row.wasNull()) {
          throw new SQLException("the server did not give the lock for migrating");
        }
        if (answer != 1) {
          throw new SQLException(
              "another process has been migrating this database for " + longest.toSeconds() + " s");
        }
        return true;
      }
    } catch (SQLSyntaxErrorException | SQLFeatureNotSupportedException unknown) {
      return false;
    } catch (SQLException e) {
      if (e.getErrorCode() == UNKNOWN_ERROR) {
        return false;
      }
      throw e;
    }
  }

  private void takeRow(Duration longest) throws SQLException {
    try (var s = connection.createStatement()) {
      s.execute(
          """
          CREATE TABLE IF NOT EXISTS %s (
            id         TINYINT UNSIGNED NOT NULL,
            holder     CHAR(36) CHARACTER SET ascii NOT NULL,
            renewed_at TIMESTAMP(6) NOT NULL,
            PRIMARY KEY (id)
          ) ENGINE = InnoDB
          """
              .formatted(table));
    }
    long end = System.nanoTime() + longest.toNanos();
    while (!isRowTaken()) {
      if (System.nanoTime() - end > 0) {
        throw new SQLException(
            "another process has been migrating this database for " + longest.toSeconds() + " s");
      }
      pause();
    }
    var renewing = new Thread(this::renew, "migration-lock");
    renewing.setDaemon(true);
    renewing.start();
  }

  /** The insert that commits first wins; the others see its row, or a conflict at their commit. */
  private boolean isRowTaken() throws SQLException {
    try (var s =
        connection.prepareStatement(
            "INSERT INTO %s (id, holder, renewed_at) VALUES (1, ?, CURRENT_TIMESTAMP(6))"
                .formatted(table))) {
      s.setString(1, holder);
      s.executeUpdate();
      return true;
    } catch (SQLIntegrityConstraintViolationException taken) {
      return isTakenFromTheDead();
    } catch (SQLException e) {
      if (isConflict(e)) {
        return false;
      }
      throw e;
    }
  }

  /** A lock wait, a deadlock, or a cluster's refusal to commit what another node changed, too. */
  static boolean isConflict(SQLException e) {
    return "40001".equals(e.getSQLState())
        || CONFLICTS.contains(e.getErrorCode())
        || (e.getErrorCode() == ERROR_DURING_COMMIT
            && String.valueOf(e.getMessage()).contains("error 149"));
  }

  /** A holder that has not renewed for a minute is dead. */
  private boolean isTakenFromTheDead() throws SQLException {
    String sql =
        """
        UPDATE %s SET holder = ?, renewed_at = CURRENT_TIMESTAMP(6)
        WHERE id = 1 AND renewed_at < CURRENT_TIMESTAMP(6) - INTERVAL 60 SECOND
        """
            .formatted(table);
    try (var s = connection.prepareStatement(sql)) {
      s.setString(1, holder);
      return s.executeUpdate() == 1;
    } catch (SQLException e) {
      if (isConflict(e)) {
        return false;
      }
      throw e;
    }
  }

  private static void pause() throws SQLException {
    try {
      Thread.sleep(RETRY.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SQLException("interrupted while another process migrates this database", e);
    }
  }

  private void renew() {
    String sql =
        "UPDATE %s SET renewed_at = CURRENT_TIMESTAMP(6) WHERE id = 1 AND holder = ?"
            .formatted(table);
    try {
      while (!released.await(RENEW.toMillis(), TimeUnit.MILLISECONDS)) {
        try (Connection c = database.getConnection();
            var s = c.prepareStatement(sql)) {
          c.setAutoCommit(true);
          s.setString(1, holder);
          s.executeUpdate();
        } catch (SQLException e) {
          LOG.log(DEBUG, "the lock for migrating will be renewed later", e);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Gives the lock back; a connection that is lost has done so already, or its row grows old. */
  void release() {
    released.countDown();
    String sql =
        switch (kind) {
          case NAME -> "DO RELEASE_LOCK(CONCAT('flyway-', SHA2(DATABASE(), 224)))";
          case ROW -> "DELETE FROM %s WHERE id = 1 AND holder = '%s'".formatted(table, holder);
        };
    try (var s = connection.createStatement()) {
      s.execute(sql);
    } catch (SQLException lost) {
      LOG.log(DEBUG, "the lock for migrating was not given back", lost);
    }
  }
}
