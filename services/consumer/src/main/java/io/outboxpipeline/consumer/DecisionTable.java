package io.outboxpipeline.consumer;

import io.outboxpipeline.inbox.Chain;
import io.outboxpipeline.runtime.AdminCaller;
import java.sql.Connection;
import java.sql.SQLException;

/** The record of what people decided. Without state. */
final class DecisionTable {
  private DecisionTable() {}

  /** Keeps a decision, in the transaction that carries it out. */
  static void keep(Connection c, String decision, Chain chain, long sequence, AdminCaller by)
      throws SQLException {
    String sql =
        """
        INSERT INTO consumer_decision
          (decided_at, decision, source, aggregate_type, aggregate_id, sequence, token, address, why)
        VALUES (UTC_TIMESTAMP(6), ?, ?, ?, ?, ?, ?, ?, ?)
        """;
    try (var s = c.prepareStatement(sql)) {
      s.setString(1, decision);
      s.setString(2, chain.source());
      s.setString(3, chain.aggregate().type());
      s.setString(4, chain.aggregate().id());
      s.setLong(5, sequence);
      s.setString(6, by.token());
      s.setString(7, by.address());
      s.setString(8, by.why());
      s.executeUpdate();
    }
  }
}
