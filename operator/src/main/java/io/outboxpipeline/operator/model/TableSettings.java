package io.outboxpipeline.operator.model;

import io.outboxpipeline.operator.api.DynamoDbSpec;
import io.outboxpipeline.operator.api.OutboxPipelineSpec;
import io.outboxpipeline.operator.api.RelaySpec;
import io.outboxpipeline.operator.api.WorkloadSpec;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What base and relay are told of their table in DynamoDB. */
final class TableSettings {
  private TableSettings() {}

  static void put(OutboxPipelineSpec spec, WorkloadSpec workload, Map<String, String> of) {
    if (workload instanceof io.outboxpipeline.operator.api.ConsumerSpec) {
      return;
    }
    spec.optionalDynamoDb().ifPresent(d -> put(d, workload, of));
  }

  private static void put(DynamoDbSpec spec, WorkloadSpec workload, Map<String, String> of) {
    of.put(workload instanceof RelaySpec ? "RELAY_STORE" : "BASE_STORE", "dynamodb");
    of.put("DYNAMODB_TABLE", spec.table());
    of.put("DYNAMODB_INDEX", spec.index());
    of.put("DYNAMODB_RELAY_TABLE", spec.relays());
    putIfGiven(of, "DYNAMODB_WRITE_REGION", spec.writeRegion());
    putIfGiven(of, "AWS_REGION", spec.region());
    putIfGiven(of, "AWS_ENDPOINT_URL_DYNAMODB", spec.endpoint());
    if (!(workload instanceof RelaySpec)) {
      // The operator makes the tables, or looks at those that are given.
      of.put("BASE_MIGRATE", "false");
    }
  }

  private static void putIfGiven(Map<String, String> of, String name, @Nullable String value) {
    if (value != null) {
      of.put(name, value);
    }
  }
}
