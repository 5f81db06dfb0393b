package io.outboxpipeline.base;

import static software.amazon.awssdk.services.dynamodb.model.AttributeValue.fromS;

import io.outboxpipeline.dynamodb.OutboxAttributes;
import io.outboxpipeline.runtime.DynamoDbSettings;
import io.outboxpipeline.runtime.MySqlSettings;
import io.outboxpipeline.runtime.Secret;
import io.outboxpipeline.runtime.ServerSettings;
import io.outboxpipeline.testkit.DynamoDbPeer;
import io.outboxpipeline.testkit.FaultyDynamoDb;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.NullUnmarked;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** A table of its own for bases, behind a proxy that can fail, and a look into it. */
@NullUnmarked // an attribute that is missing fails the test
final class DynamoDbTestBase implements AutoCloseable {
  final String table = "obt-test-" + UUID.randomUUID();
  final DynamoDbClient client = DynamoDbPeer.client();
  final FaultyDynamoDb proxy = new FaultyDynamoDb(DynamoDbPeer.endpoint());

  BaseSettings settings() {
    return new BaseSettings(
        ServerSettings.local(0),
        MySqlSettings.local("none", 1, "none", "none", new Secret("")),
        true,
        BaseSettings.DEFAULT_RETENTION,
        BaseSettings.DEFAULT_REQUEST_TIMEOUT,
        Optional.of(
            new DynamoDbSettings(
                table,
                OutboxAttributes.INDEX,
                table + "-relay",
                Optional.empty(),
                Optional.of(proxy.endpoint()),
                Optional.of("eu-central-1"),
                Optional.of(
                    StaticCredentialsProvider.create(AwsBasicCredentials.create("x", "x"))))));
  }

  BaseSettings withoutMigration() {
    BaseSettings with = settings();
    return new BaseSettings(
        with.server(),
        with.mysql(),
        false,
        with.idempotencyRetention(),
        with.requestTimeout(),
        with.dynamoDb());
  }

  private Stream<Map<String, AttributeValue>> items() {
    return client.scanPaginator(r -> r.tableName(table).consistentRead(true)).items().stream();
  }

  private Stream<Map<String, AttributeValue>> totals(String identity) {
    return items()
        .filter(i -> i.get("sk").s().equals("total"))
        .filter(i -> i.get("identity").s().startsWith(identity));
  }

  long spendings(String identity) {
    return items()
        .filter(i -> i.containsKey("amount") && i.get("identity").s().startsWith(identity))
        .count();
  }

  long events(String identity) {
    return totals(identity).mapToLong(i -> i.get("obt_events").l().size()).sum();
  }

  Map<String, AttributeValue> total(String identity) {
    return item("identity#" + identity, "total");
  }

  Map<String, AttributeValue> key(String key) {
    return item("key#" + key, "key");
  }

  private Map<String, AttributeValue> item(String pk, String sk) {
    return client
        .getItem(
            r ->
                r.tableName(table)
                    .key(Map.of("pk", fromS(pk), "sk", fromS(sk)))
                    .consistentRead(true))
        .item();
  }

  @Override
  public void close() {
    for (String name : client.listTables().tableNames()) {
      if (name.startsWith(table)) {
        client.deleteTable(r -> r.tableName(name));
      }
    }
    proxy.close();
    client.close();
  }
}
