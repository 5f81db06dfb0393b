package io.outboxpipeline.operator.table;

import static java.util.Objects.requireNonNull;

import io.outboxpipeline.dynamodb.OutboxTable;
import io.outboxpipeline.operator.api.DynamoDbSpec;
import io.outboxpipeline.operator.api.OutboxPipeline;
import io.outboxpipeline.operator.model.Notice;
import io.outboxpipeline.operator.queue.Access;
import io.outboxpipeline.operator.queue.Owner;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.CreateTableRequest;
import software.amazon.awssdk.services.dynamodb.model.DynamoDbException;
import software.amazon.awssdk.services.dynamodb.model.ResourceInUseException;
import software.amazon.awssdk.services.dynamodb.model.ResourceNotFoundException;
import software.amazon.awssdk.services.dynamodb.model.TableDescription;
import software.amazon.awssdk.services.dynamodb.model.TableStatus;
import software.amazon.awssdk.services.dynamodb.model.Tag;
import software.amazon.awssdk.services.dynamodb.model.TimeToLiveStatus;

/**
 * Makes a pipeline's two tables if the spec says so, and looks at them. A table that is there is
 * never changed, but for what is left to do to one of ours. Blocks for single calls only: a table
 * that is on its way is looked at again. Keeps nothing; thread-safe.
 */
public final class Tables {
  /** The tag that tells whose table it is. */
  static final String OWNER = OutboxPipeline.GROUP + "/owner";

  /** By which items of the tables that the operator makes may expire. */
  private static final String EXPIRES = "expires";

  private final Function<Access, DynamoDbClient> clients;

  public Tables(Function<Access, DynamoDbClient> clients) {
    this.clients = clients;
  }

  /**
   * How the tables are now.
   *
   * @param done what was done for it, for people
   */
  public record Bound(TableState state, List<Notice> done) {}

  /**
   * Has the tables as the spec says, or looks at those that are given.
   *
   * @param owner who is named on the tables that are made
   */
  public Bound bind(DynamoDbSpec spec, Owner owner, Access access) {
    var done = new ArrayList<Notice>();
    try (DynamoDbClient client = clients.apply(access)) {
      // Both at once, because each takes its time to be made.
      Optional<TableState.Failed> events = bind(client, spec, spec.table(), owner, done);
      Optional<TableState.Failed> relays = bind(client, spec, spec.relays(), owner, done);
      TableState state =
          events.or(() -> relays).<TableState>map(f -> f).orElseGet(TableState.Ready::new);
      return new Bound(state, List.copyOf(done));
    } catch (SdkException e) {
      return new Bound(TableFailures.of(spec.table(), e), List.of());
    }
  }

  private static Optional<TableState.Failed> bind(
      DynamoDbClient client, DynamoDbSpec spec, String table, Owner owner, List<Notice> done) {
    try {
      Optional<TableDescription> there = find(client, table);
      if (there.isEmpty()) {
        if (!spec.create()) {
          return Optional.of(TableFailures.of(table, ResourceNotFoundException.builder().build()));
        }
        make(client, spec, table, owner);
        done.add(new Notice(Notice.Kind.Normal, "TableCreated", "created " + table));
        return Optional.of(onItsWay(table));
      }
      TableDescription found = there.get();
      if (found.tableStatus() == TableStatus.CREATING) {
        return Optional.of(onItsWay(table));
      }
      if (spec.create()) {
        Optional<TableState.Failed> notOurs = complete(client, found, owner, done);
        if (notOurs.isPresent()) {
          return notOurs;
        }
      }
      return problem(client, spec, found)
          .map(p -> new TableState.Failed("TableNotAsNeeded", table + ": " + p, true));
    } catch (SdkException e) {
      return Optional.of(TableFailures.of(table, e));
    }
  }

  private static TableState.Failed onItsWay(String table) {
    return new TableState.Failed("TableOnItsWay", table + " is being created", false);
  }

  private static Optional<TableDescription> find(DynamoDbClient client, String table) {
    try {
      return Optional.of(client.describeTable(r -> r.tableName(table)).table());
    } catch (ResourceNotFoundException e) {
      return Optional.empty();
    }
  }

  private static void make(DynamoDbClient client, DynamoDbSpec spec, String table, Owner owner) {
    CreateTableRequest request =
        table.equals(spec.table())
            ? OutboxTable.request(table, spec.index(), "pk", "sk")
            : OutboxTable.requestForRelays(table);
    try {
      client.createTable(
          request.toBuilder().tags(Tag.builder().key(OWNER).value(owner.tag()).build()).build());
    } catch (ResourceInUseException e) {
      // Somebody else was faster: the next look tells whose it is.
    }
  }

  /** What a new table lacks, if it is ours; refused if it is another pipeline's. */
  private static Optional<TableState.Failed> complete(
      DynamoDbClient client, TableDescription table, Owner owner, List<Notice> done) {
    Optional<String> tag = owner(client, table);
    if (tag.isEmpty()) {
      return Optional.empty(); // a person's, whose recovery and expiry are his own
    }
    if (!owner.has(tag.get())) {
      return Optional.of(
          new TableState.Failed(
              "TableNotOurs",
              "%s belongs to %s: name another table, or remove its tag %s"
                  .formatted(table.tableName(), tag.get(), OWNER),
              true));
    }
    String name = table.tableName();
    var ttl = client.describeTimeToLive(r -> r.tableName(name)).timeToLiveDescription();
    if (ttl == null || ttl.timeToLiveStatus() == TimeToLiveStatus.DISABLED) {
      client.updateTimeToLive(
          r ->
              r.tableName(name)
                  .timeToLiveSpecification(t -> t.attributeName(EXPIRES).enabled(true)));
    }
    recover(client, name, done);
    return Optional.empty();
  }

  /** Point-in-time recovery, where this DynamoDB has it. */
  private static void recover(DynamoDbClient client, String table, List<Notice> done) {
    try {
      var backups =
          client
              .describeContinuousBackups(r -> r.tableName(table))
              .continuousBackupsDescription()
              .pointInTimeRecoveryDescription();
      if (backups == null || !"ENABLED".equals(backups.pointInTimeRecoveryStatusAsString())) {
        client.updateContinuousBackups(
            r ->
                r.tableName(table)
                    .pointInTimeRecoverySpecification(p -> p.pointInTimeRecoveryEnabled(true)));
        done.add(
            new Notice(Notice.Kind.Normal, "TableCorrected", "point-in-time recovery of " + table));
      }
    } catch (DynamoDbException e) {
      // A local DynamoDB knows no backups.
      if (!"UnknownOperationException".equals(code(e))) {
        throw e;
      }
    }
  }

  private static Optional<String> problem(
      DynamoDbClient client, DynamoDbSpec spec, TableDescription table) {
    if (!table.tableName().equals(spec.table())) {
      return OutboxTable.hasKeys(table, "pk", "sk")
          ? Optional.empty()
          : Optional.of("it must have the partition key pk and the sort key sk, both texts");
    }
    String region = client.serviceClientConfiguration().region().id();
    return OutboxTable.problem(
        table, spec.index(), region, Optional.ofNullable(spec.writeRegion()));
  }

  private static Optional<String> owner(DynamoDbClient client, TableDescription table) {
    return client.listTagsOfResource(r -> r.resourceArn(table.tableArn())).tags().stream()
        .filter(t -> OWNER.equals(t.key()))
        .map(Tag::value)
        .findFirst();
  }

  private static String code(DynamoDbException e) {
    return e.awsErrorDetails() == null ? "" : requireNonNull(e.awsErrorDetails().errorCode());
  }

  /**
   * Deletes those of both tables that are this owner's.
   *
   * @return why they are still there; empty if they are not, or were never ours
   */
  public Optional<TableState.Failed> delete(DynamoDbSpec spec, Owner owner, Access access) {
    try (DynamoDbClient client = clients.apply(access)) {
      // What DynamoDB says of the one is no reason to leave the other.
      Optional<TableState.Failed> events = delete(client, spec.table(), owner);
      Optional<TableState.Failed> relays = delete(client, spec.relays(), owner);
      return events.or(() -> relays);
    } catch (SdkException e) {
      return Optional.of(TableFailures.of(spec.table(), e));
    }
  }

  private static Optional<TableState.Failed> delete(
      DynamoDbClient client, String table, Owner owner) {
    try {
      Optional<TableDescription> there = find(client, table);
      if (there.isPresent() && owner(client, there.get()).filter(owner::has).isPresent()) {
        client.deleteTable(r -> r.tableName(table));
      }
      return Optional.empty();
    } catch (ResourceNotFoundException e) {
      return Optional.empty();
    } catch (SdkException e) {
      return Optional.of(TableFailures.of(table, e));
    }
  }
}
