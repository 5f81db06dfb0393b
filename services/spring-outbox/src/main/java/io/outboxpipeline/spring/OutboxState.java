package io.outboxpipeline.spring;

import java.sql.SQLException;
import java.time.Duration;
import java.util.OptionalLong;
import javax.sql.DataSource;

/**
 * What waits in an outbox.
 *
 * @param waiting how many events are not known to be sent; {@link #MANY} means that many or more
 * @param oldestSeconds for how long the one that was written first has waited; empty if none waits
 * @param held how many can never be sent and wait for a decision; {@link #MANY} means that many or
 *     more
 */
public record OutboxState(long waiting, OptionalLong oldestSeconds, long held) {

  /** Where counting ends (the LIMIT below), because a backlog may have millions of rows. */
  public static final int MANY = 1_000;

  private static final Duration PATIENCE = Duration.ofSeconds(3);

  /**
   * Asks the database, on a connection of its own and for a few seconds at most.
   *
   * @throws SQLException if the database does not answer
   */
  public static OutboxState read(DataSource database) throws SQLException {
    String sql =
        """
        SELECT
          (SELECT COUNT(*) FROM (SELECT 1 FROM obt LIMIT 1000) AS some),
          (SELECT TIMESTAMPDIFF(SECOND, created_at, CURRENT_TIMESTAMP(6)) FROM obt ORDER BY id LIMIT 1),
          (SELECT COUNT(*) FROM (SELECT 1 FROM obt_quarantine WHERE state = 'held' LIMIT 1000) AS some)
        """;
    try (var connection = database.getConnection();
        var statement = connection.createStatement()) {
      statement.setQueryTimeout((int) PATIENCE.toSeconds());
      try (var row = statement.executeQuery(sql)) {
        row.next();
        long oldest = row.getLong(2);
        return new OutboxState(
            row.getLong(1),
            row.wasNull() ? OptionalLong.empty() : OptionalLong.of(Math.max(0, oldest)),
            row.getLong(3));
      }
    }
  }
}
