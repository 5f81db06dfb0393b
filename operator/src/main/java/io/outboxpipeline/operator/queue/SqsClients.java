package io.outboxpipeline.operator.queue;

import java.net.URI;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sts.StsClient;
import software.amazon.awssdk.services.sts.auth.StsAssumeRoleCredentialsProvider;

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
    access
        .keys()
        .ifPresent(k -> builder.credentialsProvider(StaticCredentialsProvider.create(of(k))));
    access.role().ifPresent(arn -> builder.credentialsProvider(assuming(arn, access)));
    return builder.build();
  }

  private StsAssumeRoleCredentialsProvider assuming(String arn, Access access) {
    var sts =
        StsClient.builder()
            .httpClientBuilder(
                UrlConnectionHttpClient.builder()
                    .connectionTimeout(callTimeout.dividedBy(2))
                    .socketTimeout(callTimeout));
    access.region().map(Region::of).ifPresent(sts::region);
    return StsAssumeRoleCredentialsProvider.builder()
        .stsClient(sts.build())
        .refreshRequest(r -> r.roleArn(arn).roleSessionName("outboxpipeline-operator"))
        .build();
  }

  private static AwsCredentials of(Access.Keys keys) {
    String secret = keys.secret().value();
    return keys.sessionToken().isPresent()
        ? AwsSessionCredentials.create(keys.id(), secret, keys.sessionToken().get().value())
        : AwsBasicCredentials.create(keys.id(), secret);
  }

  @Override
  public synchronized void close() {
    clients.values().forEach(SqsClient::close);
    clients.clear();
  }
}
