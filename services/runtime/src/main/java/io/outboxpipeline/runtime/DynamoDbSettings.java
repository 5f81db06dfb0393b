package io.outboxpipeline.runtime;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.DefaultRetryStrategy;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;

/**
 * Which tables of DynamoDB, and how to reach them. What is left out, the AWS SDK finds in its own
 * standard places: {@code AWS_ENDPOINT_URL_DYNAMODB}, {@code AWS_REGION}, profiles, instance and
 * pod identity.
 *
 * @param table that the events are written in
 * @param index its index of the items with events that wait
 * @param relayTable that the relays keep their own in
 * @param writeRegion the one region in which a table with replicas is written
 * @param credentials for a program that starts a service inside itself; never read from settings
 */
public record DynamoDbSettings(
    String table,
    String index,
    String relayTable,
    Optional<String> writeRegion,
    Optional<URI> endpoint,
    Optional<String> region,
    Optional<AwsCredentialsProvider> credentials) {

  private static final Duration CONNECT = Duration.ofSeconds(2);

  /** The settings {@code dynamodb.*}. */
  public static DynamoDbSettings read(Settings s) {
    String table = s.requiredText("dynamodb.table", "DYNAMODB_TABLE");
    return new DynamoDbSettings(
        table,
        s.text("dynamodb.index", "DYNAMODB_INDEX", "obt_pending"),
        s.text("dynamodb.relay-table", "DYNAMODB_RELAY_TABLE", table + "-relay"),
        s.optionalText("dynamodb.write-region", "DYNAMODB_WRITE_REGION"),
        s.optionalUri("dynamodb.endpoint", "AWS_ENDPOINT_URL_DYNAMODB"),
        s.optionalText("dynamodb.region", "AWS_REGION"),
        Optional.empty());
  }

  /**
   * A client that repeats nothing by itself, because a write that is done twice may count twice;
   * the caller closes it.
   *
   * @param callTimeout how long one call may take
   * @param concurrency how many calls at once
   * @throws InvalidSettings if no region is known
   */
  public DynamoDbClient open(Duration callTimeout, int concurrency) {
    var builder =
        DynamoDbClient.builder()
            .httpClientBuilder(
                Apache5HttpClient.builder()
                    .maxConnections(concurrency)
                    .connectionAcquisitionTimeout(callTimeout)
                    .socketTimeout(callTimeout)
                    .connectionTimeout(callTimeout.compareTo(CONNECT) < 0 ? callTimeout : CONNECT))
            .overrideConfiguration(
                o ->
                    o.retryStrategy(DefaultRetryStrategy.doNotRetry()).apiCallTimeout(callTimeout));
    endpoint.ifPresent(builder::endpointOverride);
    region.map(Region::of).ifPresent(builder::region);
    credentials.ifPresent(builder::credentialsProvider);
    try {
      return builder.build();
    } catch (SdkClientException e) {
      if (region.isEmpty() && String.valueOf(e.getMessage()).contains("region")) {
        throw new InvalidSettings(
            List.of(
                "dynamodb.region (AWS_REGION) is not set, and the AWS SDK finds no region in its"
                    + " own places"));
      }
      throw e;
    }
  }

  /** Everything but the credentials. */
  @Override
  public String toString() {
    return "DynamoDbSettings[table=%s, index=%s, relayTable=%s, endpoint=%s, region=%s]"
        .formatted(
            table,
            index,
            relayTable,
            endpoint.map(URI::toString).orElse("standard"),
            region.orElse("standard"));
  }
}
