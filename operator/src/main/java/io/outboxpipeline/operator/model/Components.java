package io.outboxpipeline.operator.model;

import io.outboxpipeline.operator.api.AwsCredentials;
import io.outboxpipeline.operator.api.BaseSpec;
import io.outboxpipeline.operator.api.ConsumerSpec;
import io.outboxpipeline.operator.api.DatabaseSpec;
import io.outboxpipeline.operator.api.OutboxPipelineSpec;
import io.outboxpipeline.operator.api.RelaySpec;
import io.outboxpipeline.operator.api.SecretKey;
import io.outboxpipeline.operator.api.WorkloadSpec;
import java.util.Optional;

/** What a spec says of each component. */
public final class Components {
  private Components() {}

  /** A component's part of the spec, if it is wanted. */
  public static Optional<WorkloadSpec> spec(OutboxPipelineSpec spec, Component component) {
    return switch (component) {
      case BASE -> spec.optionalBase().map(WorkloadSpec.class::cast);
      case RELAY -> Optional.of(spec.relay());
      case CONSUMER -> spec.optionalConsumer().map(WorkloadSpec.class::cast);
    };
  }

  /** The database that a component works with; empty if it works with DynamoDB. */
  static Optional<DatabaseSpec> database(OutboxPipelineSpec spec, WorkloadSpec workload) {
    return switch (workload) {
      case BaseSpec base -> spec.optionalDatabase();
      case RelaySpec relay -> spec.optionalDatabase();
      case ConsumerSpec consumer -> Optional.of(consumer.database());
    };
  }

  /** The access keys of a component's pods; a relay has one identity for table and queue. */
  static Optional<AwsCredentials> aws(OutboxPipelineSpec spec, Component component) {
    Optional<AwsCredentials> queue = Optional.ofNullable(spec.queue().credentials());
    Optional<AwsCredentials> table =
        spec.optionalDynamoDb().flatMap(d -> Optional.ofNullable(d.credentials()));
    return switch (component) {
      case BASE -> table;
      case RELAY -> queue.or(() -> table);
      case CONSUMER -> queue;
    };
  }

  static Optional<SecretKey> adminToken(WorkloadSpec workload) {
    return switch (workload) {
      case BaseSpec base -> Optional.empty();
      case RelaySpec relay -> Optional.ofNullable(relay.adminToken());
      case ConsumerSpec consumer -> Optional.ofNullable(consumer.adminToken());
    };
  }
}
