package io.outboxpipeline.testkit;

import static org.awaitility.Awaitility.await;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.DefaultRetryStrategy;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;

/**
 * The DynamoDB that tests use: a program on this machine, one for all tests of a JVM, which is left
 * out where there is none; or what {@code -Dtest.dynamodb} says: an endpoint's URL, or {@code aws}
 * for the account, region and credentials that the SDK finds. Thread-safe.
 */
public final class DynamoDbPeer {
  private static final int CONNECTIONS = 64;
  private static @Nullable URI started;

  private DynamoDbPeer() {}

  /** Whether it is the real one. */
  public static boolean isAws() {
    return System.getProperty("test.dynamodb", "").equals("aws");
  }

  /** Where it is; without it the calling test ends here. Not for AWS. */
  public static synchronized URI endpoint() {
    String named = System.getProperty("test.dynamodb", "");
    if (!named.isEmpty()) {
      return URI.create(named);
    }
    if (started == null) {
      started = start(Program.DYNOXIDE.path());
    }
    return started;
  }

  private static URI start(String program) {
    int port = JavaProcess.freePort();
    try {
      Process process =
          new ProcessBuilder(program, "--host", "127.0.0.1", "--port", Integer.toString(port))
              .redirectErrorStream(true)
              .redirectOutput(new File("/dev/null"))
              .start();
      Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
      await("the DynamoDB peer listens").until(() -> listens(port) || !process.isAlive());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return URI.create("http://127.0.0.1:" + port);
  }

  private static boolean listens(int port) {
    try (var socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** A client that does not repeat calls; the caller closes it. */
  public static DynamoDbClient client() {
    return isAws() ? client(Optional.empty(), 1) : client(endpoint(), 1);
  }

  /**
   * A client of an endpoint, a proxy's for example; the caller closes it.
   *
   * @param attempts how often the SDK tries a call
   */
  public static DynamoDbClient client(URI endpoint, int attempts) {
    return client(Optional.of(endpoint), attempts);
  }

  private static DynamoDbClient client(Optional<URI> endpoint, int attempts) {
    var builder =
        DynamoDbClient.builder()
            .httpClientBuilder(
                Apache5HttpClient.builder()
                    .maxConnections(CONNECTIONS)
                    .socketTimeout(Duration.ofSeconds(10)))
            .overrideConfiguration(
                o ->
                    o.retryStrategy(
                        DefaultRetryStrategy.standardStrategyBuilder()
                            .maxAttempts(attempts)
                            .build()));
    endpoint.ifPresent(
        uri ->
            builder
                .endpointOverride(uri)
                .region(Region.EU_CENTRAL_1)
                .credentialsProvider(
                    StaticCredentialsProvider.create(AwsBasicCredentials.create("x", "x"))));
    return builder.build();
  }
}
