package io.outboxpipeline.operator.queue;

import java.net.URI;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.sqs.SqsClient;

/** One client for each way to reach SQS, made when first asked for. Thread-safe. */
public final class SqsClients implements AutoCloseable {
  /** How many are kept; beyond that the one that was not used for longest is closed. */
  private static final int KEPT = 64;

  private final Duration callTimeout;
  private final Map<Access, SqsClient> clients = new LinkedHashMap<>(16, 0.75f, true);

  /**
   * @param callTimeout how long one call may take, its retries included
   */
  public SqsClients(Duration callTimeout) {
    this.callTimeout = callTimeout;
  }

  synchronized SqsClient client(Access access) {
    SqsClient client = clients.computeIfAbsent(access, this::open);
    if (clients.size() > KEPT) {
      Iterator<SqsClient> oldest = clients.values().iterator();
      oldest.next().close();
      oldest.remove();
    }
    return client;
  }

  private SqsClient open(Access access) {
    var builder =
        SqsClient.builder()
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

  @Override
  public synchronized void close() {
    clients.values().forEach(SqsClient::close);
    clients.clear();
  }
}
