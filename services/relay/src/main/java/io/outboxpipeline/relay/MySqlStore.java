package io.outboxpipeline.relay;

import com.zaxxer.hikari.HikariDataSource;
import io.micrometer.core.instrument.MeterRegistry;
import io.outboxpipeline.ownership.DatabaseFence;
import io.outboxpipeline.ownership.DatabaseLeaseStore;
import io.outboxpipeline.ownership.Fence;
import io.outboxpipeline.ownership.LeaseStore;
import io.outboxpipeline.relay.look.Outlook;
import io.outboxpipeline.relay.quarantine.Quarantine;
import io.outboxpipeline.relay.source.Source;
import io.outboxpipeline.relay.source.mysql.MySqlSource;
import io.outboxpipeline.relay.source.mysql.OutboxLook;
import io.outboxpipeline.relay.source.mysql.QuarantineStep;
import io.outboxpipeline.relay.source.mysql.QuarantineTable;
import io.outboxpipeline.relay.wake.BinlogWakeUp;
import io.outboxpipeline.relay.wake.QueryWakeUp;
import io.outboxpipeline.relay.wake.Waker;
import io.outboxpipeline.runtime.Transactions;
import io.outboxpipeline.runtime.job.JobTable;
import java.util.Optional;

/** Events in a table of MySQL or MariaDB. */
final class MySqlStore implements EventStore {
  private final RelaySettings settings;
  private final HikariDataSource database;
  private final HikariDataSource heartbeats;
  private final Transactions transactions;

  MySqlStore(RelaySettings settings, MeterRegistry registry, RelayMetrics metrics) {
    this.settings = settings;
    database = settings.connections().open("relay", true, registry);
    heartbeats = settings.heartbeatConnection().open("relay-heartbeat", true, registry);
    transactions = new Transactions(database, metrics.transactionRetries());
  }

  @Override
  public Source source(RelayMetrics metrics, Source.Listener listener) {
    return new MySqlSource(
        new MySqlSource.Settings(
            settings.source(),
            settings.mysql().database(),
            settings.idleDelay(),
            settings.maxTransaction()),
        database,
        this::renewConnections,
        // They lock epochs: a relay that hangs in one would keep others from its partitions.
        transactions.withIdleLimit(settings.timing().renewDeadline()),
        this::waker,
        metrics::quarantined,
        metrics::wentBack,
        listener);
  }

  /** Connections that were opened before a switch of servers may lead to the old one. */
  private void renewConnections() {
    var pool = database.getHikariPoolMXBean();
    if (pool != null) {
      pool.softEvictConnections();
    }
  }

  private Waker waker(Runnable wake) {
    return switch (settings.wakeUp()) {
      case NONE -> Waker.NONE;
      case QUERY -> new QueryWakeUp(database, settings.idleDelay().dividedBy(2), wake);
      case BINLOG -> new BinlogWakeUp(settings.mysql(), wake);
    };
  }

  @Override
  public Fence fence() {
    return new DatabaseFence(database, settings.timing().renewDeadline());
  }

  @Override
  public Quarantine quarantine() {
    return new QuarantineTable(transactions);
  }

  @Override
  public Outlook outlook() {
    return new OutboxLook(transactions);
  }

  @Override
  public Optional<Jobs> jobs() {
    return Optional.of(
        new Jobs(transactions, new JobTable("obt"), new QuarantineStep(transactions)));
  }

  @Override
  public LeaseStore leases() {
    return new DatabaseLeaseStore(database, heartbeats);
  }

  @Override
  public void close() {
    heartbeats.close();
    database.close();
  }
}
