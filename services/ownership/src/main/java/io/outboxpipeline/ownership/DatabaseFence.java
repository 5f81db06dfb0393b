package io.outboxpipeline.ownership;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import javax.sql.DataSource;

/** The fence: table {@code obt_partition} of the base database. */
public final class DatabaseFence implements Fence {

  private static final String LAYOUT =
      """
      SELECT COUNT(*), COALESCE(SUM(epoch), 0) FROM obt_partition
      """;

  /** Makes or locks the row that every layout has, so that one at a time lays out. */
  private static final String LOCK_FIRST =
      """
      INSERT INTO obt_partition (partition_no, first_slot, last_slot, epoch) VALUES (0, 0, 0, 0)
      ON DUPLICATE KEY UPDATE epoch = epoch
      """;

  private static final String READ_ALL =
      """
      SELECT first_slot, last_slot, epoch FROM obt_partition FOR UPDATE
      """;

  private static final String DELETE_ALL =
      """
      DELETE FROM obt_partition
      """;

  private static final String CREATE =
      """
      INSERT INTO obt_partition (partition_no, first_slot, last_slot, epoch) VALUES (?, ?, ?, ?)
      """;

  private static final String RAISE =
      """
      UPDATE obt_partition SET epoch = ?, owner = ?, claimed_at = CURRENT_TIMESTAMP(6)
      WHERE partition_no = ? AND first_slot = ? AND last_slot = ? AND epoch < ?
      """;

  private static final String MEND =
      """
      UPDATE obt_partition SET first_slot = ?, last_slot = ?
      WHERE partition_no = ? AND first_slot = ? AND last_slot = ? AND epoch = ?
      """;

  private static final String READ_ONE =
      """
      SELECT first_slot, last_slot, epoch FROM obt_partition WHERE partition_no = ?
      """;

  private final DataSource database;
  private final Duration idleLimit;

  /** A fence with the renewDeadline of {@link LeaseTiming#DEFAULT} as its idle limit. */
  public DatabaseFence(DataSource database) {
    this(database, LeaseTiming.DEFAULT.renewDeadline());
  }

  /**
   * @param idleLimit after so long without a statement the server rolls a layout back: a member
   *     that hangs in the middle of one would keep its locks on all partitions. Whole seconds, 1 at
   *     least
   */
  public DatabaseFence(DataSource database, Duration idleLimit) {
    this.database = database;
    this.idleLimit = idleLimit;
  }

  /**
   * Those of the partitions whose epoch is not the given one any more: their grants were replaced,
   * and nothing may be deleted for them. The others keep their epoch until the caller's transaction
   * ends, as their rows are locked for sharing.
   *
   * @param transaction not in auto-commit mode; not committed here
   * @param epochsByPartition the grants that the transaction deletes for
   */
  public static Set<Integer> stale(Connection transaction, Map<Integer, Long> epochsByPartition)
      throws SQLException {
    var stale = new HashSet<Integer>(epochsByPartition.keySet());
    if (stale.isEmpty()) {
      return stale;
    }
    // MariaDB has no FOR SHARE; MySQL has both. Without the hint a table so small is scanned, and
    // waits for whoever raises another partition's epoch.
    String sql =
        """
        SELECT partition_no, epoch FROM obt_partition FORCE INDEX (PRIMARY)
        WHERE partition_no IN (%s) LOCK IN SHARE MODE
        """
            .formatted("?" + ", ?".repeat(epochsByPartition.size() - 1));
    try (PreparedStatement s = transaction.prepareStatement(sql)) {
      int i = 1;
      for (int partition : epochsByPartition.keySet()) {
        s.setInt(i++, partition);
      }
      try (ResultSet rows = s.executeQuery()) {
        while (rows.next()) {
          Long epoch = epochsByPartition.get(rows.getInt(1));
          if (epoch != null && epoch == rows.getLong(2)) {
            stale.remove(rows.getInt(1));
          }
        }
      }
    }
    return stale;
  }

  @Override
  public Layout layout() {
    try (Connection c = AutoCommit.connection(database)) {
      return layout(c);
    } catch (SQLException e) {
      throw new StoreException("cannot read the partitions", e);
    }
  }

  private static Layout layout(Connection c) throws SQLException {
    try (PreparedStatement s = c.prepareStatement(LAYOUT);
        ResultSet rows = s.executeQuery()) {
      rows.next();
      return new Layout(rows.getInt(1), rows.getLong(2));
    }
  }

  @Override
  public boolean lay(Layout seen, int partitions) {
    try (Connection c = database.getConnection()) {
      c.setAutoCommit(false);
      closeAfter(c, Long.toString(Math.max(1, idleLimit.toSeconds())));
      try {
        boolean laid = lay(seen, partitions, c);
        if (laid) {
          c.commit();
        }
        return laid;
      } finally {
        c.rollback();
        closeAfter(c, "DEFAULT");
        c.setAutoCommit(true);
      }
    } catch (SQLException e) {
      throw new StoreException("cannot lay out " + partitions + " partitions", e);
    }
  }

  /** Lets the server close the connection after so many seconds without a statement. */
  private static void closeAfter(Connection c, String seconds) throws SQLException {
    try (Statement s = c.createStatement()) {
      s.execute("SET SESSION wait_timeout = " + seconds);
    }
  }

  private static boolean lay(Layout seen, int partitions, Connection c) throws SQLException {
    try (PreparedStatement s = c.prepareStatement(LOCK_FIRST)) {
      s.executeUpdate();
    }
    int count = 0;
    int slots = 0;
    long sum = 0;
    long highest = 0;
    try (PreparedStatement s = c.prepareStatement(READ_ALL);
        ResultSet rows = s.executeQuery()) {
      while (rows.next()) {
        count++;
        slots += rows.getInt(2) - rows.getInt(1) + 1;
        sum += rows.getLong(3);
        highest = Math.max(highest, rows.getLong(3));
      }
    }
    // One slot alone is the row that was made a moment ago to have something to lock.
    boolean none = slots == 1;
    if (!seen.equals(none ? Layout.NONE : new Layout(count, sum))) {
      return false;
    }
    try (PreparedStatement s = c.prepareStatement(DELETE_ALL)) {
      s.executeUpdate();
    }
    try (PreparedStatement s = c.prepareStatement(CREATE)) {
      for (int p = 0; p < partitions; p++) {
        SlotRange range = Partitions.range(p, partitions);
        s.setInt(1, p);
        s.setInt(2, range.first());
        s.setInt(3, range.last());
        s.setLong(4, none ? 0 : highest + 1);
        s.addBatch();
      }
      s.executeBatch();
    }
    return true;
  }

  /**
   * Gives a row its slots back that are not those of its partition, in a layout of as many
   * partitions as there are: somebody changed it by hand. A new layout has other epochs.
   */
  private static boolean mended(Connection c, Grant grant, int first, int last, long epoch)
      throws SQLException {
    int count = layout(c).partitions();
    if (grant.partition() >= count
        || !Partitions.range(grant.partition(), count).equals(grant.slots())) {
      return false;
    }
    try (PreparedStatement s = c.prepareStatement(MEND)) {
      s.setInt(1, grant.slots().first());
      s.setInt(2, grant.slots().last());
      s.setInt(3, grant.partition());
      s.setInt(4, first);
      s.setInt(5, last);
      s.setLong(6, epoch);
      return s.executeUpdate() == 1;
    }
  }

  @Override
  public RaiseOutcome raise(MemberId owner, Grant grant) {
    try (Connection c = AutoCommit.connection(database)) {
      try (PreparedStatement s = c.prepareStatement(RAISE)) {
        s.setLong(1, grant.epoch());
        s.setString(2, owner.value());
        s.setInt(3, grant.partition());
        s.setInt(4, grant.slots().first());
        s.setInt(5, grant.slots().last());
        s.setLong(6, grant.epoch());
        if (s.executeUpdate() == 1) {
          return new RaiseOutcome.Raised();
        }
      }
      try (PreparedStatement s = c.prepareStatement(READ_ONE)) {
        s.setInt(1, grant.partition());
        try (ResultSet rows = s.executeQuery()) {
          if (!rows.next()) {
            return new RaiseOutcome.Repartitioned();
          }
          int first = rows.getInt(1);
          int last = rows.getInt(2);
          long epoch = rows.getLong(3);
          boolean agrees = first == grant.slots().first() && last == grant.slots().last();
          return agrees || mended(c, grant, first, last, epoch)
              ? new RaiseOutcome.Stale(epoch)
              : new RaiseOutcome.Repartitioned();
        }
      }
    } catch (SQLException e) {
      throw new StoreException("cannot raise the epoch of partition " + grant.partition(), e);
    }
  }
}
