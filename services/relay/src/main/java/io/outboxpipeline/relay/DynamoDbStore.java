package io.outboxpipeline.relay;

import io.outboxpipeline.ownership.Fence;
import io.outboxpipeline.ownership.LeaseStore;
import io.outboxpipeline.relay.lease.DynamoDbFence;
import io.outboxpipeline.relay.lease.DynamoDbLeaseStore;
import io.outboxpipeline.relay.lease.RelayTable;
import io.outboxpipeline.relay.quarantine.Quarantine;
import io.outboxpipeline.relay.source.Source;
import io.outboxpipeline.relay.source.dynamodb.DynamoDbQuarantine;
import io.outboxpipeline.relay.source.dynamodb.DynamoDbSource;
import io.outboxpipeline.runtime.DynamoDbSettings;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;

/** Events in items of DynamoDB. */
final class DynamoDbStore implements EventStore {
  private static final int CONNECTIONS = 64;

  /** Heartbeats and leases have their own, which nothing else keeps waiting. */
  private static final int LEASE_CONNECTIONS = 8;

  private final RelaySettings settings;
  private final DynamoDbSettings tables;
  private final DynamoDbClient client;
  private final DynamoDbClient leaseClient;
  private final RelayTable relayTable;

  DynamoDbStore(RelaySettings settings, DynamoDbSettings tables) {
    this.settings = settings;
    this.tables = tables;
    client = tables.open(settings.callTimeout(), CONNECTIONS);
    leaseClient = tables.open(settings.callTimeout(), LEASE_CONNECTIONS);
    relayTable = new RelayTable(leaseClient, tables.relayTable());
  }

  @Override
  public Source source(RelayMetrics metrics, Source.Listener listener) {
    return new DynamoDbSource(
        new DynamoDbSource.Settings(
            settings.source(),
            tables.table(),
            tables.index(),
            tables.writeRegion(),
            settings.idleDelay()),
        client,
        relayTable::source,
        new DynamoDbFence(relayTable)::epoch,
        metrics::quarantined,
        listener);
  }

  @Override
  public Fence fence() {
    return new DynamoDbFence(relayTable);
  }

  @Override
  public Quarantine quarantine() {
    return new DynamoDbQuarantine(client, tables.table(), tables.index(), tables.relayTable());
  }

  @Override
  public LeaseStore leases() {
    return new DynamoDbLeaseStore(relayTable);
  }

  @Override
  public void close() {
    leaseClient.close();
    client.close();
  }
}
