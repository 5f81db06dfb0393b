package io.outboxpipeline.ownership;

import io.outboxpipeline.ownership.Heartbeat.State;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLIntegrityConstraintViolationException;
import java.sql.SQLTransactionRollbackException;
import java.util.ArrayList;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import javax.sql.DataSource;

/**
 * Heartbeats and leases in tables of the base database, {@code obt_member}, {@code obt_lease} and
 * {@code obt_partition_count}. Each call takes one connection and runs one statement on it, a
 * snapshot two.
 *
 * <p>The source's connections need a socket time-out below the lease duration.
 */
public final class DatabaseLeaseStore implements LeaseStore {

  private static final int ATTEMPTS = 5;

  /** The row without a partition is the wanted number of them. */
  private static final String READ_LEASES =
      """
      SELECT partition_no, holder, target, epoch, version FROM obt_lease
      UNION ALL
      SELECT NULL, NULL, NULL, wanted, version FROM obt_partition_count
      """;

  private static final String READ_HEARTBEATS =
      """
      SELECT member_id, incarnation, renewals, state, partitions, report, version FROM obt_member
      """;

  private static final String READ_HEARTBEAT =
      """
      SELECT member_id, incarnation, renewals, state, partitions, report, version
      FROM obt_member WHERE member_id = ?
      """;

  private static final String CREATE_HEARTBEAT =
      """
      INSERT INTO obt_member
        (incarnation, renewals, state, partitions, report, version, member_id)
      VALUES (?, ?, ?, ?, ?, ?, ?)
      """;

  private static final String REPLACE_HEARTBEAT =
      """
      UPDATE obt_member
      SET incarnation = ?, renewals = ?, state = ?, partitions = ?, report = ?, version = ?
      WHERE member_id = ? AND version = ?
      """;

  private static final String DELETE_HEARTBEAT =
      """
      DELETE FROM obt_member WHERE member_id = ? AND version = ?
      """;

  private static final String CREATE_LEASE =
      """
      INSERT INTO obt_lease (holder, target, epoch, version, partition_no) VALUES (?, ?, ?, ?, ?)
      """;

  private static final String REPLACE_LEASE =
      """
      UPDATE obt_lease SET holder = ?, target = ?, epoch = ?, version = ?
      WHERE partition_no = ? AND version = ?
      """;

  private static final String DELETE_LEASE =
      """
      DELETE FROM obt_lease WHERE partition_no = ? AND version = ?
      """;

  private static final String CREATE_COUNT =
      """
      INSERT INTO obt_partition_count (wanted, version, id) VALUES (?, ?, 1)
      """;

  private static final String REPLACE_COUNT =
      """
      UPDATE obt_partition_count SET wanted = ?, version = ? WHERE id = 1 AND version = ?
      """;

  private final DataSource database;
  private final DataSource heartbeats;

  public DatabaseLeaseStore(DataSource database) {
    this(database, database);
  }

  /**
   * @param heartbeats for these alone, so that no other call keeps a renewal waiting
   */
  public DatabaseLeaseStore(DataSource database, DataSource heartbeats) {
    this.database = database;
    this.heartbeats = heartbeats;
  }

  @Override
  public Snapshot snapshot() {
    try (Connection c = open()) {
      var leases = new ArrayList<PartitionLease>();
      Optional<WantedPartitions> wanted = Optional.empty();
      try (PreparedStatement s = c.prepareStatement(READ_LEASES);
          ResultSet rows = s.executeQuery()) {
        while (rows.next()) {
          var version = new Version(rows.getString(5));
          if (rows.getObject(1) == null) {
            wanted = Optional.of(new WantedPartitions(rows.getInt(4), version));
            continue;
          }
          leases.add(
              new PartitionLease(
                  rows.getInt(1),
                  Optional.ofNullable(rows.getString(2)).map(MemberId::new),
                  Optional.ofNullable(rows.getString(3)).map(MemberId::new),
                  rows.getLong(4),
                  version));
        }
      }
      var heartbeats = new ArrayList<Heartbeat>();
      try (PreparedStatement s = c.prepareStatement(READ_HEARTBEATS);
          ResultSet rows = s.executeQuery()) {
        while (rows.next()) {
          heartbeats.add(heartbeat(rows));
        }
      }
      return new Snapshot(leases, heartbeats, wanted);
    } catch (SQLException e) {
      throw new StoreException("cannot read the leases", e);
    }
  }

  @Override
  public Optional<Heartbeat> heartbeat(MemberId member) {
    try (Connection c = AutoCommit.connection(heartbeats);
        PreparedStatement s = c.prepareStatement(READ_HEARTBEAT)) {
      s.setString(1, member.value());
      try (ResultSet rows = s.executeQuery()) {
        return rows.next() ? Optional.of(heartbeat(rows)) : Optional.empty();
      }
    } catch (SQLException e) {
      throw new StoreException("cannot read the heartbeat of " + member, e);
    }
  }

  private static Heartbeat heartbeat(ResultSet row) throws SQLException {
    String report = row.getString(6);
    return new Heartbeat(
        new MemberId(row.getString(1)),
        row.getString(2),
        row.getLong(3),
        State.valueOf(row.getString(4)),
        row.getInt(5),
        report == null ? Report.NONE : Report.decoded(report),
        new Version(row.getString(7)));
  }

  @Override
  public CasOutcome write(Heartbeat next) {
    Version written = newVersion();
    boolean create = next.version().equals(Version.NONE);
    try (Connection c = AutoCommit.connection(heartbeats);
        PreparedStatement s = c.prepareStatement(create ? CREATE_HEARTBEAT : REPLACE_HEARTBEAT)) {
      s.setString(1, next.incarnation());
      s.setLong(2, next.renewals());
      s.setString(3, next.state().name());
      s.setInt(4, next.partitions());
      s.setString(5, next.report().encoded());
      s.setString(6, written.value());
      s.setString(7, next.member().value());
      if (!create) {
        s.setString(8, next.version().value());
      }
      return outcome(s, written);
    } catch (SQLException e) {
      throw new StoreException("cannot write the heartbeat of " + next.member(), e);
    }
  }

  @Override
  public CasOutcome delete(Heartbeat stored) {
    try (Connection c = AutoCommit.connection(heartbeats);
        PreparedStatement s = c.prepareStatement(DELETE_HEARTBEAT)) {
      s.setString(1, stored.member().value());
      s.setString(2, stored.version().value());
      return outcome(s, Version.NONE);
    } catch (SQLException e) {
      throw new StoreException("cannot delete the heartbeat of " + stored.member(), e);
    }
  }

  @Override
  public CasOutcome write(PartitionLease next) {
    Version written = newVersion();
    boolean create = next.version().equals(Version.NONE);
    try (Connection c = open();
        PreparedStatement s = c.prepareStatement(create ? CREATE_LEASE : REPLACE_LEASE)) {
      s.setString(1, next.holder().map(MemberId::value).orElse(null));
      s.setString(2, next.target().map(MemberId::value).orElse(null));
      s.setLong(3, next.epoch());
      s.setString(4, written.value());
      s.setInt(5, next.partition());
      if (!create) {
        s.setString(6, next.version().value());
      }
      return outcome(s, written);
    } catch (SQLException e) {
      throw new StoreException("cannot write the lease of partition " + next.partition(), e);
    }
  }

  @Override
  public CasOutcome delete(PartitionLease stored) {
    try (Connection c = open();
        PreparedStatement s = c.prepareStatement(DELETE_LEASE)) {
      s.setInt(1, stored.partition());
      s.setString(2, stored.version().value());
      return outcome(s, Version.NONE);
    } catch (SQLException e) {
      throw new StoreException("cannot delete the lease of partition " + stored.partition(), e);
    }
  }

  @Override
  public CasOutcome write(WantedPartitions next) {
    Version written = newVersion();
    boolean create = next.version().equals(Version.NONE);
    try (Connection c = open();
        PreparedStatement s = c.prepareStatement(create ? CREATE_COUNT : REPLACE_COUNT)) {
      s.setInt(1, next.count());
      s.setString(2, written.value());
      if (!create) {
        s.setString(3, next.version().value());
      }
      return outcome(s, written);
    } catch (SQLException e) {
      throw new StoreException("cannot write the wanted number of partitions", e);
    }
  }

  private static CasOutcome outcome(PreparedStatement s, Version written) throws SQLException {
    for (int attempt = 1; ; attempt++) {
      try {
        return s.executeUpdate() == 1 ? new CasOutcome.Written(written) : new CasOutcome.Conflict();
      } catch (SQLIntegrityConstraintViolationException e) {
        return new CasOutcome.Conflict();
      } catch (SQLTransactionRollbackException e) {
        // The victim of a deadlock wrote nothing, and doesn't know yet whether another did.
        if (attempt == ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  /** Random, as a count would start anew when a record is deleted and created again. */
  private static Version newVersion() {
    return new Version(Long.toString(ThreadLocalRandom.current().nextLong(1, Long.MAX_VALUE)));
  }

  private Connection open() throws SQLException {
    return AutoCommit.connection(database);
  }
}
