package io.outboxpipeline.operator.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.utils.Serialization;
import io.outboxpipeline.dynamodb.OutboxTable;
import io.outboxpipeline.operator.api.DynamoDbSpec;
import io.outboxpipeline.operator.model.Notice;
import io.outboxpipeline.operator.queue.Access;
import io.outboxpipeline.operator.queue.Owner;
import io.outboxpipeline.runtime.AwsActions;
import io.outboxpipeline.runtime.Secret;
import io.outboxpipeline.testkit.DynamoDbPeer;
import io.outboxpipeline.testkit.FaultyDynamoDb;
import io.outboxpipeline.testkit.FaultyDynamoDb.Fault;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.BillingMode;
import software.amazon.awssdk.services.dynamodb.model.Tag;

/** The tables' life against a DynamoDB peer. */
final class TablesIT {
  private static final Owner OWNER = new Owner("cluster/shop/orders");

  private final DynamoDbClient direct = DynamoDbPeer.client();
  private final FaultyDynamoDb proxy = new FaultyDynamoDb(DynamoDbPeer.endpoint());
  private final Tables tables = new Tables(new TableClients(Duration.ofMinutes(1)));
  private final String name = "orders-" + UUID.randomUUID();

  @AfterEach
  void close() {
    for (String table : direct.listTables().tableNames()) {
      if (table.startsWith(name)) {
        direct.deleteTable(r -> r.tableName(table));
      }
    }
    proxy.close();
    direct.close();
  }

  private DynamoDbSpec spec(String more) {
    return Serialization.unmarshal("--- {table: %s%s}".formatted(name, more), DynamoDbSpec.class);
  }

  private Access access() {
    return new Access(
        Optional.of("eu-central-1"),
        Optional.of(proxy.endpoint().toString()),
        Optional.of(new Access.Keys("id", new Secret("key"), Optional.empty())));
  }

  private Tables.Bound bind(String more) {
    return tables.bind(spec(more), OWNER, access());
  }

  private TableState.Failed failed(String more) {
    return (TableState.Failed) bind(more).state();
  }

  private List<String> tags(String table) {
    String arn = direct.describeTable(r -> r.tableName(table)).table().tableArn();
    return direct.listTagsOfResource(r -> r.resourceArn(arn)).tags().stream()
        .map(t -> t.key() + "=" + t.value())
        .toList();
  }

  @Test
  void missing_tables_are_made_on_demand_with_index_key_expiry_and_owner() {
    Tables.Bound first = bind("");
    assertThat(first.done())
        .extracting(Notice::reason)
        .containsExactly("TableCreated", "TableCreated");
    assertThat(first.state())
        .isInstanceOfSatisfying(
            TableState.Failed.class, f -> assertThat(f.reason()).isEqualTo("TableOnItsWay"));
    assertThat(bind("").state()).isInstanceOf(TableState.Ready.class);
    var table = direct.describeTable(r -> r.tableName(name)).table();
    assertThat(table.billingModeSummary().billingMode()).isEqualTo(BillingMode.PAY_PER_REQUEST);
    assertThat(OutboxTable.hasKeys(table, "pk", "sk")).isTrue();
    assertThat(OutboxTable.problem(table, "obt_pending", "eu-central-1", Optional.empty()))
        .isEmpty();
    for (String made : List.of(name, name + "-relay")) {
      assertThat(tags(made)).containsExactly("outboxpipeline.io/owner=" + OWNER.tag());
    }
    assertThat(
            direct
                .describeTimeToLive(r -> r.tableName(name))
                .timeToLiveDescription()
                .attributeName())
        .isEqualTo("expires");
    assertThat(proxy.calls()).containsKey("DescribeContinuousBackups");
    assertThat(bind("").done()).as("nothing is done twice").isEmpty();
    // What was made and looked at needs no more than the table of rights says, deletion apart.
    var called = new TreeSet<String>();
    proxy.calls().keySet().forEach(action -> called.add("dynamodb:" + action));
    assertThat(AwsActions.OPERATOR_ON_DYNAMODB).containsAll(called);
  }

  @Test
  void tables_that_are_given_are_looked_at_and_never_changed() {
    assertThat(failed(", create: false").reason()).isEqualTo("TableNotFound");
    OutboxTable.create(direct, name, "obt_pending", "id");
    OutboxTable.createForRelays(direct, name + "-relay");
    assertThat(bind(", create: false").state()).isInstanceOf(TableState.Ready.class);
    assertThat(bind("").state()).as("one that is there").isInstanceOf(TableState.Ready.class);
    assertThat(tags(name)).isEmpty();
    assertThat(failed(", create: false, index: other"))
        .satisfies(
            f -> {
              assertThat(f.reason()).isEqualTo("TableNotAsNeeded");
              assertThat(f.message()).contains(name).contains("no index other");
              assertThat(f.stalled()).isTrue();
            });
    assertThat(tables.delete(spec(", deletionPolicy: Delete"), OWNER, access())).isEmpty();
    assertThat(direct.listTables().tableNames()).contains(name, name + "-relay");
  }

  @Test
  void a_table_of_the_relays_with_another_key_is_told() {
    OutboxTable.create(direct, name, "obt_pending", "pk", "sk");
    OutboxTable.create(direct, name + "-relay", "obt_pending", "id");
    assertThat(failed("").message()).contains(name + "-relay").contains("sort key sk");
  }

  @Test
  void another_pipeline_s_tables_are_not_touched() {
    bind("");
    var other = new Owner("cluster/shop/others");
    assertThat(tables.bind(spec(""), other, access()).state())
        .isInstanceOfSatisfying(
            TableState.Failed.class,
            f -> {
              assertThat(f.reason()).isEqualTo("TableNotOurs");
              assertThat(f.message()).contains(OWNER.tag());
              assertThat(f.stalled()).isTrue();
            });
    assertThat(tables.delete(spec(", deletionPolicy: Delete"), other, access())).isEmpty();
    assertThat(direct.listTables().tableNames()).contains(name, name + "-relay");
  }

  @Test
  void what_was_made_is_deleted_and_what_a_person_made_stays() {
    OutboxTable.createForRelays(direct, name + "-relay");
    bind("");
    assertThat(tables.delete(spec(", deletionPolicy: Delete"), OWNER, access())).isEmpty();
    assertThat(direct.listTables().tableNames()).contains(name + "-relay").doesNotContain(name);
    assertThat(tables.delete(spec(", deletionPolicy: Delete"), OWNER, access())).isEmpty();
  }

  @Test
  void each_failure_says_what_to_do() {
    proxy.set((action, request) -> Fault.DENY);
    assertThat(failed("").reason()).isEqualTo("TableAccessDenied");
    assertThat(failed("").message()).contains("spec.dynamodb.credentials", name);
    proxy.set((action, request) -> Fault.THROTTLE);
    assertThat(failed("").reason()).isEqualTo("TableUnavailable");
    assertThat(failed("").stalled()).isFalse();
    proxy.set((action, request) -> Fault.DROP_BEFORE);
    assertThat(failed("").reason()).isEqualTo("TableUnreachable");
    assertThat(tables.delete(spec(", deletionPolicy: Delete"), OWNER, access())).isPresent();
  }

  @Test
  void a_tag_of_a_person_s_own_changes_nothing() {
    OutboxTable.create(direct, name, "obt_pending", "pk", "sk");
    OutboxTable.createForRelays(direct, name + "-relay");
    String arn = direct.describeTable(r -> r.tableName(name)).table().tableArn();
    direct.tagResource(r -> r.resourceArn(arn).tags(Tag.builder().key("team").value("a").build()));
    assertThat(bind("").state()).isInstanceOf(TableState.Ready.class);
    assertThat(tags(name)).containsExactly("team=a");
  }
}
