package io.outboxpipeline.operator.table;

import io.outboxpipeline.operator.queue.Access;
import java.net.URI;
import java.time.Duration;
import java.util.function.Function;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;

/** Opens a client for a look at tables; whoever looks closes it. Thread-safe. */
public final class TableClients implements Function<Access, DynamoDbClient> {
  private final Duration callTimeout;

  /**
   * @param callTimeout how long one call may take, its retries included
   */
  public TableClients(Duration callTimeout) {
    this.callTimeout = callTimeout;
  }

  @Override
  public DynamoDbClient apply(Access access) {
    var builder =
        DynamoDbClient.builder()
            .httpClientBuilder(
                UrlConnectionHttpClient.builder()
                    .connectionTimeout(callTimeout.dividedBy(2))
                    .socketTimeout(callTimeout))
            .overrideConfiguration(o -> o.apiCallTimeout(callTimeout));
    access.region().map(Region::of).ifPresent(builder::region);
    access.endpoint().map(URI::create).ifPresent(builder::endpointOverride);
    access.credentials(callTimeout).ifPresent(builder::credentialsProvider);
    return builder.build();
  }
}
