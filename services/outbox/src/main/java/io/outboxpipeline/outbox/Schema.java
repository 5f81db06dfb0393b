package io.outboxpipeline.outbox;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;

/** What the outbox's tables say of themselves. The artifact {@code migrations} makes them. */
public final class Schema {

  private static final int NO_SUCH_TABLE = 1146;

  private Schema() {}

  /**
   * The name under which this outbox's events are sent if nobody gives another one: unlike any
   * other database's, and the same for ever.
   *
   * @return empty if the outbox is older than this, or its tables are: its relay then makes a name
   *     of the database's, as it always did
   */
  public static Optional<String> source(Connection connection) throws SQLException {
    try (var s = connection.createStatement();
        var row = s.executeQuery("SELECT source FROM obt_source WHERE id = 1")) {
      return row.next() ? Optional.ofNullable(row.getString(1)) : Optional.empty();
    } catch (SQLException e) {
      if (e.getErrorCode() == NO_SUCH_TABLE) {
        return Optional.empty();
      }
      throw e;
    }
  }
}
