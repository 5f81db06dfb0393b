package io.outboxpipeline.bench;

import io.outboxpipeline.testkit.Database;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import java.util.Set;
import java.util.stream.LongStream;

/** What the database's server did: its CPU time, and the bytes of its logs. Not thread-safe. */
final class DatabaseServer {
  private static final Set<String> NAMES = Set.of("mysqld", "mariadbd");
  private static final int NO_BINARY_LOG = 1381;

  private final Optional<Long> pid;
  private final Connection connection;

  /**
   * @param connection for this alone
   */
  DatabaseServer(Database database, Connection connection) {
    this.connection = connection;
    this.pid =
        LongStream.concat(
                ContainerAddress.pids(database.host()),
                ProcessHandle.current().descendants().mapToLong(ProcessHandle::pid))
            .filter(DatabaseServer::isServer)
            .boxed()
            .findFirst();
  }

  private static boolean isServer(long pid) {
    try {
      return NAMES.contains(Files.readString(Path.of("/proc", Long.toString(pid), "comm")).strip());
    } catch (IOException e) {
      return false; // on another machine, or not there any more
    }
  }

  /** Whether the CPU time can be told: the server's process is one of this machine. */
  boolean visible() {
    return pid.isPresent();
  }

  /** User and system time so far; 0 if the process is not visible. */
  double cpuSeconds() {
    return pid.map(p -> Usage.of(p).cpuSeconds()).orElse(0.0);
  }

  /** Bytes of redo log so far. */
  long redo() throws SQLException {
    return number(
        "SHOW GLOBAL STATUS WHERE Variable_name IN ('Innodb_redo_log_current_lsn', 'Innodb_lsn_current')");
  }

  /** Bytes of binary log so far; 0 if there is none. */
  long binaryLog() throws SQLException {
    try {
      return number("SHOW BINARY LOGS");
    } catch (SQLException e) {
      if (e.getErrorCode() == NO_BINARY_LOG) {
        return 0;
      }
      throw e;
    }
  }

  private long number(String query) throws SQLException {
    try (var s = connection.createStatement();
        var rows = s.executeQuery(query)) {
      long sum = 0;
      while (rows.next()) {
        sum += rows.getLong(2);
      }
      return sum;
    }
  }
}
