package io.outboxpipeline.relay.lease;

import io.outboxpipeline.ownership.CasOutcome;
import io.outboxpipeline.ownership.Heartbeat;
import io.outboxpipeline.ownership.LeaseStore;
import io.outboxpipeline.ownership.MemberId;
import io.outboxpipeline.ownership.PartitionLease;
import io.outboxpipeline.ownership.Report;
import io.outboxpipeline.ownership.Snapshot;
import io.outboxpipeline.ownership.StoreException;
import io.outboxpipeline.ownership.Version;
import io.outboxpipeline.ownership.WantedPartitions;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;

/**
 * Heartbeats and leases in the relays' table. Every write is conditional on the version that was
 * read, every read is consistent, and nothing expires by itself.
 */
public final class DynamoDbLeaseStore implements LeaseStore {
  private static final String MEMBER = "member";
  private static final String LEASE = "lease";
  private static final String COUNT = "partitions";

  private final RelayTable table;

  public DynamoDbLeaseStore(RelayTable table) {
    this.table = table;
  }

  private static <T> T asked(String what, Supplier<T> call) {
    try {
      return call.get();
    } catch (SdkException e) {
      throw new StoreException("cannot " + what, e);
    }
  }

  @Override
  public Snapshot snapshot() {
    return asked(
        "read the leases",
        () -> {
          List<PartitionLease> leases =
              table.all(LEASE).stream().map(DynamoDbLeaseStore::lease).toList();
          Optional<WantedPartitions> wanted =
              table
                  .get(COUNT, COUNT)
                  .map(i -> new WantedPartitions((int) number(i, "wanted"), version(i)));
          List<Heartbeat> heartbeats =
              table.all(MEMBER).stream().map(DynamoDbLeaseStore::heartbeat).toList();
          return new Snapshot(leases, heartbeats, wanted);
        });
  }

  @Override
  public Optional<Heartbeat> heartbeat(MemberId member) {
    return asked(
        "read the heartbeat of " + member,
        () -> table.get(MEMBER, member.value()).map(DynamoDbLeaseStore::heartbeat));
  }

  private static Heartbeat heartbeat(Map<String, AttributeValue> item) {
    return new Heartbeat(
        new MemberId(RelayTable.of(item, RelayTable.SK).s()),
        RelayTable.of(item, "incarnation").s(),
        number(item, "renewals"),
        Heartbeat.State.valueOf(RelayTable.of(item, "state").s()),
        (int) number(item, "partitions"),
        text(item, "report").map(Report::decoded).orElse(Report.NONE),
        version(item));
  }

  private static PartitionLease lease(Map<String, AttributeValue> item) {
    return new PartitionLease(
        Integer.parseInt(RelayTable.of(item, RelayTable.SK).s()),
        text(item, "holder").map(MemberId::new),
        text(item, "target").map(MemberId::new),
        number(item, "epoch"),
        version(item));
  }

  @Override
  public CasOutcome write(Heartbeat next) {
    Map<String, AttributeValue> item = new HashMap<>();
    item.put("incarnation", AttributeValue.fromS(next.incarnation()));
    item.put("renewals", number(next.renewals()));
    item.put("state", AttributeValue.fromS(next.state().name()));
    item.put("partitions", number(next.partitions()));
    item.put("report", AttributeValue.fromS(next.report().encoded()));
    return write(MEMBER, next.member().value(), item, next.version());
  }

  @Override
  public CasOutcome write(PartitionLease next) {
    Map<String, AttributeValue> item = new HashMap<>();
    next.holder().ifPresent(m -> item.put("holder", AttributeValue.fromS(m.value())));
    next.target().ifPresent(m -> item.put("target", AttributeValue.fromS(m.value())));
    item.put("epoch", number(next.epoch()));
    return write(LEASE, Integer.toString(next.partition()), item, next.version());
  }

  @Override
  public CasOutcome write(WantedPartitions next) {
    return write(COUNT, COUNT, Map.of("wanted", number(next.count())), next.version());
  }

  private CasOutcome write(String pk, String sk, Map<String, AttributeValue> item, Version seen) {
    // Random, as a count would start anew when a record is deleted and created again.
    String next = UUID.randomUUID().toString();
    return asked(
        "write " + pk + " " + sk,
        () ->
            table.put(pk, sk, item, seen.value(), next)
                ? new CasOutcome.Written(new Version(next))
                : new CasOutcome.Conflict());
  }

  @Override
  public CasOutcome delete(Heartbeat stored) {
    return delete(MEMBER, stored.member().value(), stored.version());
  }

  @Override
  public CasOutcome delete(PartitionLease stored) {
    return delete(LEASE, Integer.toString(stored.partition()), stored.version());
  }

  /** Not repeated: an answer that was lost can't be told from another one's deletion. */
  private CasOutcome delete(String pk, String sk, Version seen) {
    return asked(
        "delete " + pk + " " + sk,
        () -> {
          try {
            table.client.deleteItem(
                r ->
                    r.tableName(table.name)
                        .key(RelayTable.key(pk, sk))
                        .conditionExpression("version = :seen")
                        .expressionAttributeValues(
                            Map.of(":seen", AttributeValue.fromS(seen.value()))));
            return new CasOutcome.Written(Version.NONE);
          } catch (ConditionalCheckFailedException e) {
            return new CasOutcome.Conflict();
          }
        });
  }

  /** Each snapshot is paid for by what it reads. */
  @Override
  public Duration pollPeriod() {
    return Duration.ofMillis(100);
  }

  private static Version version(Map<String, AttributeValue> item) {
    return new Version(RelayTable.of(item, RelayTable.VERSION).s());
  }

  private static Optional<String> text(Map<String, AttributeValue> item, String name) {
    @Nullable AttributeValue value = item.get(name);
    return value == null ? Optional.empty() : Optional.of(value.s());
  }

  private static long number(Map<String, AttributeValue> item, String name) {
    return Long.parseLong(RelayTable.of(item, name).n());
  }

  private static AttributeValue number(long value) {
    return AttributeValue.fromN(Long.toString(value));
  }
}
