package io.outboxpipeline.relay.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.outboxpipeline.dynamodb.OutboxTable;
import io.outboxpipeline.ownership.CasOutcome;
import io.outboxpipeline.ownership.Grant;
import io.outboxpipeline.ownership.Layout;
import io.outboxpipeline.ownership.LeaseStore;
import io.outboxpipeline.ownership.LeaseStoreContract;
import io.outboxpipeline.ownership.MemberId;
import io.outboxpipeline.ownership.PartitionLease;
import io.outboxpipeline.ownership.Partitions;
import io.outboxpipeline.ownership.RaiseOutcome;
import io.outboxpipeline.ownership.StoreException;
import io.outboxpipeline.ownership.Version;
import io.outboxpipeline.testkit.DynamoDbPeer;
import io.outboxpipeline.testkit.FaultyDynamoDb;
import io.outboxpipeline.testkit.FaultyDynamoDb.Fault;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;

/** The store and the fence in DynamoDB: the protocol's suite, and answers that get lost. */
final class DynamoDbLeaseStoreIT extends LeaseStoreContract {
  private static final MemberId A = new MemberId("relay-a");

  private final DynamoDbClient client = DynamoDbPeer.client();
  private final RelayTable table = new RelayTable(client, "obt-relay-" + UUID.randomUUID());

  DynamoDbLeaseStoreIT() {
    OutboxTable.createForRelays(client, table.name);
  }

  @AfterEach
  void close() {
    client.deleteTable(r -> r.tableName(table.name));
    client.close();
  }

  @Override
  protected LeaseStore client() {
    return new DynamoDbLeaseStore(table);
  }

  private interface Use {
    void of(RelayTable table);
  }

  /** Uses the table while the first writes fail this way. */
  private void with(List<Fault> faults, Use use) {
    Deque<Fault> left = new ArrayDeque<>(faults);
    try (var proxy = new FaultyDynamoDb(DynamoDbPeer.endpoint());
        var faulty = DynamoDbPeer.client(proxy.endpoint(), 1)) {
      proxy.set(
          (action, request) -> {
            synchronized (left) {
              boolean write = !action.equals("GetItem") && !action.equals("Query");
              return write && !left.isEmpty() ? left.removeFirst() : Fault.NONE;
            }
          });
      use.of(new RelayTable(faulty, table.name));
    }
  }

  private static Grant grant(int partition, int partitions, long epoch) {
    return new Grant(partition, Partitions.range(partition, partitions), epoch);
  }

  @Test
  void a_write_whose_answer_was_lost_is_known_by_its_version() {
    with(
        List.of(Fault.DROP_AFTER, Fault.DROP_BEFORE),
        faulty -> {
          var store = new DynamoDbLeaseStore(faulty);
          var lease = new PartitionLease(3, Optional.of(A), Optional.empty(), 1, Version.NONE);
          assertThat(store.write(lease)).isInstanceOf(CasOutcome.Written.class);
          assertThat(store.snapshot().leases()).hasSize(1);
        });
  }

  @Test
  void a_deletion_whose_answer_was_lost_is_unknown() {
    var lease = new PartitionLease(3, Optional.of(A), Optional.empty(), 1, Version.NONE);
    var version = ((CasOutcome.Written) client().write(lease)).version();
    var stored = new PartitionLease(3, Optional.of(A), Optional.empty(), 1, version);
    with(
        List.of(Fault.DROP_AFTER),
        faulty ->
            assertThatThrownBy(() -> new DynamoDbLeaseStore(faulty).delete(stored))
                .isInstanceOf(StoreException.class));
  }

  @Test
  void an_epoch_only_grows_and_a_layout_anew_is_above_all_of_them() {
    var fence = new DynamoDbFence(table);
    assertThat(fence.layout()).isEqualTo(Layout.NONE);
    assertThat(fence.lay(Layout.NONE, 4)).isTrue();
    assertThat(fence.lay(Layout.NONE, 8)).as("another one was quicker").isFalse();
    assertThat(fence.layout()).isEqualTo(new Layout(4, 0));
    assertThat(fence.raise(A, grant(2, 4, 5))).isEqualTo(new RaiseOutcome.Raised());
    assertThat(fence.raise(A, grant(2, 4, 5))).isEqualTo(new RaiseOutcome.Stale(5));
    assertThat(fence.raise(A, grant(2, 4, 4))).isEqualTo(new RaiseOutcome.Stale(5));
    assertThat(fence.epoch(2)).isEqualTo(5);
    assertThat(fence.raise(A, grant(2, 8, 6))).isEqualTo(new RaiseOutcome.Repartitioned());
    assertThat(fence.lay(new Layout(4, 0), 8)).as("a claim came between").isFalse();
    assertThat(fence.lay(new Layout(4, 5), 2)).isTrue();
    assertThat(fence.layout()).isEqualTo(new Layout(2, 12));
    assertThat(fence.raise(A, grant(2, 4, 7))).isEqualTo(new RaiseOutcome.Repartitioned());
    assertThat(fence.raise(A, grant(1, 2, 6))).isEqualTo(new RaiseOutcome.Stale(6));
    assertThat(fence.raise(A, grant(1, 2, 7))).isEqualTo(new RaiseOutcome.Raised());
  }

  @Test
  void an_epoch_whose_answer_was_lost_is_raised_and_not_another_s() {
    assertThat(new DynamoDbFence(table).lay(Layout.NONE, 4)).isTrue();
    with(
        List.of(Fault.DROP_AFTER, Fault.THROTTLE),
        faulty ->
            assertThat(new DynamoDbFence(faulty).raise(A, grant(1, 4, 1)))
                .isEqualTo(new RaiseOutcome.Raised()));
    with(
        List.of(Fault.DROP_AFTER),
        faulty -> assertThat(new DynamoDbFence(faulty).lay(new Layout(4, 1), 2)).isTrue());
  }

  @Test
  void the_outbox_s_name_is_given_once() {
    assertThat(table.source()).isEqualTo(new RelayTable(client, table.name).source());
    assertThat(table.source().toString()).startsWith("/outbox/");
  }
}
