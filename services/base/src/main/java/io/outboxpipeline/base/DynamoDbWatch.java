package io.outboxpipeline.base;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import io.outboxpipeline.dynamodb.OutboxTable;
import io.outboxpipeline.runtime.DynamoDbSettings;
import io.outboxpipeline.runtime.DynamoDbTrouble;
import io.outboxpipeline.runtime.Health;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.ResourceNotFoundException;
import software.amazon.awssdk.services.dynamodb.model.TableDescription;
import software.amazon.awssdk.services.dynamodb.model.TimeToLiveStatus;

/**
 * Waits for the table, makes it if told to, and from then on looks whether it can be used, all on a
 * thread of its own, so that {@link #health} answers at once. Thread-safe.
 */
final class DynamoDbWatch implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(DynamoDbWatch.class.getName());

  /** A look is paid for, half a read unit. */
  private static final Duration PERIOD = Duration.ofSeconds(5);

  private static final Duration PERIOD_WHILE_DOWN = Duration.ofSeconds(1);
  private static final Set<TimeToLiveStatus> EXPIRES =
      Set.of(TimeToLiveStatus.ENABLED, TimeToLiveStatus.ENABLING);

  private final DynamoDbClient client;
  private final DynamoDbSettings tables;
  private final boolean migrate;
  private final Thread thread;
  private boolean checked;
  private volatile Health health = Health.down("DynamoDB was not reached yet");

  private DynamoDbWatch(DynamoDbClient client, DynamoDbSettings tables, boolean migrate) {
    this.client = client;
    this.tables = tables;
    this.migrate = migrate;
    this.thread = Thread.ofVirtual().name("base-dynamodb").unstarted(this::watch);
  }

  static DynamoDbWatch start(DynamoDbClient client, DynamoDbSettings tables, boolean migrate) {
    var watch = new DynamoDbWatch(client, tables, migrate);
    watch.thread.start();
    return watch;
  }

  /** Up while the table can be used. */
  Health health() {
    return health;
  }

  private void watch() {
    while (!Thread.currentThread().isInterrupted()) {
      see(look());
      try {
        Thread.sleep(health instanceof Health.Up ? PERIOD : PERIOD_WHILE_DOWN);
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private Health look() {
    try {
      if (!checked) {
        if (migrate) {
          make();
        }
        Optional<String> problem = problem();
        if (problem.isPresent()) {
          return Health.down(problem.get());
        }
        checked = true;
      }
      client.getItem(r -> r.tableName(tables.table()).key(SpendingItems.id(0)));
      return Health.up();
    } catch (SdkException e) {
      checked = checked && !DynamoDbTrouble.missing(e);
      return Health.down(DynamoDbTrouble.of(e));
    }
  }

  /** The table, its index, the relays' own table, and that keys expire: what is there stays. */
  private void make() {
    String table = tables.table();
    if (isMissing(table)) {
      OutboxTable.create(client, table, tables.index(), SpendingItems.PK, SpendingItems.SK);
    }
    if (isMissing(tables.relayTable())) {
      OutboxTable.createForRelays(client, tables.relayTable());
    }
    var ttl = client.describeTimeToLive(r -> r.tableName(table)).timeToLiveDescription();
    if (ttl == null || !EXPIRES.contains(ttl.timeToLiveStatus())) {
      client.updateTimeToLive(
          r ->
              r.tableName(table)
                  .timeToLiveSpecification(
                      t -> t.attributeName(SpendingItems.EXPIRES).enabled(true)));
    }
  }

  private boolean isMissing(String table) {
    try {
      client.describeTable(r -> r.tableName(table));
      return false;
    } catch (ResourceNotFoundException e) {
      return true;
    }
  }

  private Optional<String> problem() {
    TableDescription there = client.describeTable(r -> r.tableName(tables.table())).table();
    if (!OutboxTable.hasKeys(there, SpendingItems.PK, SpendingItems.SK)) {
      return Optional.of(
          "the table must have the partition key pk and the sort key sk, both texts");
    }
    String region = client.serviceClientConfiguration().region().id();
    return OutboxTable.problem(there, tables.index(), region, tables.writeRegion());
  }

  /** Logs a change, and only that. */
  private void see(Health now) {
    if (!now.equals(health)) {
      health = now;
      switch (now) {
        case Health.Up() -> LOG.log(INFO, "the table can be used");
        case Health.Down(String reason) -> LOG.log(WARNING, "the table can't be used: {0}", reason);
      }
    }
  }

  @Override
  public void close() {
    thread.interrupt();
    try {
      thread.join(PERIOD);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
