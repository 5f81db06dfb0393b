package io.outboxpipeline.operator.model;

import io.outboxpipeline.operator.api.DatabaseSpec;
import io.outboxpipeline.operator.api.DynamoDbSpec;
import io.outboxpipeline.operator.api.OutboxPipeline;
import java.util.Locale;
import java.util.Optional;

/** Tells whether two pipelines name the same database, or the same table of DynamoDB. */
public final class Databases {
  private Databases() {}

  /** The same for the same database, however its Service is written. */
  public static String key(OutboxPipeline pipeline) {
    return pipeline
        .getSpec()
        .optionalDynamoDb()
        .map(Databases::key)
        .or(() -> pipeline.getSpec().optionalDatabase().map(d -> key(pipeline, d)))
        .orElse("");
  }

  /** Without the account, which only DynamoDB knows: better refused than sent twice. */
  private static String key(DynamoDbSpec dynamoDb) {
    return "dynamodb:"
        + Optional.ofNullable(dynamoDb.endpoint()).orElse("")
        + "/"
        + Optional.ofNullable(dynamoDb.region()).orElse("")
        + "/"
        + dynamoDb.table();
  }

  private static String key(OutboxPipeline pipeline, DatabaseSpec database) {
    String host = database.host().toLowerCase(Locale.ROOT).replaceFirst("\\.$", "");
    host = host.replaceFirst("\\.svc(\\.cluster\\.local)?$", "");
    if (host.indexOf('.') < 0 && host.indexOf(':') < 0) {
      host = host + "." + pipeline.getMetadata().getNamespace();
    }
    return host + ":" + database.port() + "/" + database.name();
  }
}
