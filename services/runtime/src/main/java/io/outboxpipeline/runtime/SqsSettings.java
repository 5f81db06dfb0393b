package io.outboxpipeline.runtime;

import static java.lang.System.Logger.Level.WARNING;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.core.exception.SdkClientException;
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

  private static final System.Logger LOG = System.getLogger(SqsSettings.class.getName());

  private static final Duration CONNECT = Duration.ofSeconds(5);

  private static final Pattern LOOPBACK = Pattern.compile("127(\\.\\d{1,3}){3}|\\[(0*:)*0*1]");

  /** In us-east-1 there are URLs of before there were regions. */
  private static final Pattern AWS_URL =
      Pattern.compile(
          "^https?://(?:sqs(?:-fips)?\\.(?<region>[a-z0-9-]+)|queue)\\.amazonaws\\.com(?:\\.cn)?/");

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
    String queue = s.requiredText("sqs.queue", "SQS_QUEUE");
    Optional<String> deadLetters = s.optionalText("sqs.dead-letter-queue", "SQS_DEAD_LETTER_QUEUE");
    Optional<String> region = s.optionalText("sqs.region", "AWS_REGION");
    check(s, "sqs.queue", "SQS_QUEUE", queue, region);
    deadLetters.ifPresent(
        name -> check(s, "sqs.dead-letter-queue", "SQS_DEAD_LETTER_QUEUE", name, region));
    return new SqsSettings(
        queue,
        deadLetters,
        s.optionalUri("sqs.endpoint", "AWS_ENDPOINT_URL_SQS"),
        region.or(() -> regionOf(queue)),
        Optional.empty());
  }

  private static void check(
      Settings s, String key, String variable, String queue, Optional<String> region) {
    if (queue.startsWith("arn:")) {
      s.problem(key, variable, "is an ARN: give the queue's name or its URL");
    }
    Optional<String> itsRegion = regionOf(queue);
    if (region.isPresent() && itsRegion.isPresent() && !region.equals(itsRegion)) {
      s.problem(
          key,
          variable,
          "is a queue in %s, and the region (sqs.region, AWS_REGION) is %s"
              .formatted(itsRegion.get(), region.get()));
    }
  }

  /** Without TLS, and not on this machine. */
  static boolean isReadableOnTheWay(URI endpoint) {
    String host = String.valueOf(endpoint.getHost()).toLowerCase(Locale.ROOT);
    return "http".equalsIgnoreCase(endpoint.getScheme())
        && !host.equals("localhost")
        && !host.endsWith(".localhost")
        && !LOOPBACK.matcher(host).matches();
  }

  /** The region in AWS's own URL of a queue. */
  private static Optional<String> regionOf(String queue) {
    Matcher url = AWS_URL.matcher(queue);
    return url.find()
        ? Optional.of(Objects.requireNonNullElse(url.group("region"), "us-east-1"))
        : Optional.empty();
  }

  /**
   * A client; the caller closes it.
   *
   * @param callTimeout how long one call may take, with all its attempts; for long polls this must
   *     be longer than their wait
   * @param concurrency how many calls at once
   * @throws InvalidSettings if no region is known
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
    endpoint
        .or(() -> Optional.ofNullable(System.getenv("AWS_ENDPOINT_URL")).map(URI::create))
        .filter(SqsSettings::isReadableOnTheWay)
        .ifPresent(
            plain ->
                LOG.log(
                    WARNING,
                    "events and credentials'' signatures go to {0} without TLS, readable by whoever"
                        + " is on the way: use https://",
                    plain));
    region.map(Region::of).ifPresent(builder::region);
    credentials.ifPresent(builder::credentialsProvider);
    try {
      return builder.build();
    } catch (SdkClientException e) {
      if (region.isEmpty() && String.valueOf(e.getMessage()).contains("region")) {
        throw new InvalidSettings(
            List.of(
                "sqs.region (AWS_REGION) is not set, and the AWS SDK finds no region in its own places"));
      }
      throw e;
    }
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
