package io.outboxpipeline.runtime;

import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.DefaultRetryStrategy;
import software.amazon.awssdk.services.sqs.SqsClient;

/**
 * Which queue, and how to reach it. What is left out, the AWS SDK finds in its own standard places:
 * {@code AWS_ENDPOINT_URL_SQS}, {@code AWS_ENDPOINT_URL}, {@code AWS_REGION}, profiles, instance
 * and pod identity.
 *
 * @param queue a queue's name or URL
 * @param deadLetterQueue a queue's name or URL
 * @param credentials for a program that starts a service inside itself; never read from settings
 */
public record SqsSettings(
    String queue,
    Optional<String> deadLetterQueue,
    Optional<URI> endpoint,
    Optional<String> region,
    Optional<AwsCredentialsProvider> credentials) {

  private static final Duration CONNECT = Duration.ofSeconds(5);

  /**
   * An idle connection is kept so long, for whoever comes next after a silence; NAT gateways of AWS
   * <a
   * href="https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-troubleshooting.html">drop
   * it after 350 seconds</a> without a word.
   */
  private static final Duration IDLE = Duration.ofMinutes(5);

  /** Whether the SDK repeats a call that failed, within the call's time-out. */
  public enum Retries {
    /**
     * One attempt a call, and no more than the connection's own time-outs, which a server that
     * answers byte by byte outlasts: for a caller with a back-off and a time limit of its own.
     */
    OFF,
    /** As the SDK's own settings say. */
    STANDARD
  }

  /** The settings {@code sqs.*}. */
  public static SqsSettings read(Settings s) {
    return new SqsSettings(
        s.requiredText("sqs.queue", "SQS_QUEUE"),
        s.optionalText("sqs.dead-letter-queue", "SQS_DEAD_LETTER_QUEUE"),
        s.optionalUri("sqs.endpoint", "AWS_ENDPOINT_URL_SQS"),
        s.optionalText("sqs.region", "AWS_REGION"),
        Optional.empty());
  }

  /**
   * A client; the caller closes it.
   *
   * @param callTimeout how long one call may take, with all its attempts; for long polls this must
   *     be longer than their wait
   * @param concurrency how many calls at once
   */
  public SqsClient open(Retries retries, Duration callTimeout, int concurrency) {
    var builder =
        SqsClient.builder()
            .httpClientBuilder(
                Apache5HttpClient.builder()
                    .maxConnections(concurrency)
                    .connectionAcquisitionTimeout(callTimeout)
                    .connectionMaxIdleTime(IDLE)
                    .socketTimeout(callTimeout)
                    .connectionTimeout(callTimeout.compareTo(CONNECT) < 0 ? callTimeout : CONNECT))
            .overrideConfiguration(
                o -> {
                  switch (retries) {
                    case OFF -> o.retryStrategy(DefaultRetryStrategy.doNotRetry());
                    case STANDARD -> o.apiCallTimeout(callTimeout);
                  }
                });
    endpoint.ifPresent(builder::endpointOverride);
    region.map(Region::of).ifPresent(builder::region);
    credentials.ifPresent(builder::credentialsProvider);
    return builder.build();
  }

  /**
   * The URL of a queue: a URL as it is, a name as SQS knows it.
   *
   * @throws software.amazon.awssdk.core.exception.SdkException if SQS does not know it or is away
   */
  public static String url(SqsClient client, String nameOrUrl) {
    return nameOrUrl.startsWith("http://") || nameOrUrl.startsWith("https://")
        ? nameOrUrl
        : client.getQueueUrl(r -> r.queueName(nameOrUrl)).queueUrl();
  }

  /** Everything but the credentials. */
  @Override
  public String toString() {
    return "SqsSettings[queue=%s, deadLetterQueue=%s, endpoint=%s, region=%s]"
        .formatted(
            queue,
            deadLetterQueue.orElse("none"),
            endpoint.map(URI::toString).orElse("standard"),
            region.orElse("standard"));
  }
}
