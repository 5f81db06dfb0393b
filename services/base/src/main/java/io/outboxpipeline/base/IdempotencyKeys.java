package io.outboxpipeline.base;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;

/**
 * The requests that carried an {@code Idempotency-Key}. Their age is by the database's clock alone,
 * because those of several bases may differ. Without state.
 */
final class IdempotencyKeys {
  static final int MAX_LENGTH = 255;
  static final int PURGE_BATCH = 1000;

  private static final int DUPLICATE_ENTRY = 1062;

  private IdempotencyKeys() {}

  /** What a key was used for. */
  @SuppressWarnings("ArrayRecordComponent") // not compared by value
  record Used(byte[] digest, long spendingId) {}

  static Optional<Used> find(Connection c, String key) throws SQLException {
    String sql =
        """
        SELECT digest, spending_id FROM obt_spending_key WHERE idempotency_key = ?
        """;
    try (var s = c.prepareStatement(sql)) {
      s.setString(1, key);
      try (var rows = s.executeQuery()) {
        return rows.next()
            ? Optional.of(new Used(rows.getBytes(1), rows.getLong(2)))
            : Optional.empty();
      }
    }
  }

  /** Whether the key was free and now is this spending's. Waits for one who takes it meanwhile. */
  static boolean take(Connection c, String key, byte[] digest, long spendingId)
      throws SQLException {
    String sql =
        """
        INSERT INTO obt_spending_key (idempotency_key, digest, spending_id, created_at)
        VALUES (?, ?, ?, UTC_TIMESTAMP(6))
        """;
    try (var s = c.prepareStatement(sql)) {
      s.setString(1, key);
      s.setBytes(2, digest);
      s.setLong(3, spendingId);
      s.executeUpdate();
      return true;
    } catch (SQLException e) {
      if (e.getErrorCode() == DUPLICATE_ENTRY) {
        return false;
      }
      throw e;
    }
  }

  /** Deletes some of the keys that are older; returns how many. */
  static int purge(Connection c, Duration age) throws SQLException {
    String sql =
        """
        DELETE FROM obt_spending_key WHERE created_at < UTC_TIMESTAMP(6) - INTERVAL ? SECOND
        ORDER BY created_at LIMIT ?
        """;
    try (var s = c.prepareStatement(sql)) {
      s.setLong(1, age.toSeconds());
      s.setInt(2, PURGE_BATCH);
      return s.executeUpdate();
    }
  }
}
