package io.outboxpipeline.operator.queue;

import io.outboxpipeline.runtime.Secret;
import java.time.Duration;
import java.util.Optional;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.sts.StsClient;
import software.amazon.awssdk.services.sts.auth.StsAssumeRoleCredentialsProvider;

/**
 * How SQS or DynamoDB is reached.
 *
 * @param keys access keys; without them the operator's own identity
 * @param role assumed by that identity, if it has no keys
 */
public record Access(
    Optional<String> region,
    Optional<String> endpoint,
    Optional<Keys> keys,
    Optional<String> role) {

  /** Without a role. */
  public Access(Optional<String> region, Optional<String> endpoint, Optional<Keys> keys) {
    this(region, endpoint, keys, Optional.empty());
  }

  /** With this role, where it has no keys of its own. */
  public Access assuming(Optional<String> arn) {
    return keys.isPresent() ? this : new Access(region, endpoint, keys, arn);
  }

  /** Access keys. */
  public record Keys(String id, Secret secret, Optional<Secret> sessionToken) {

    private AwsCredentials aws() {
      return sessionToken.isPresent()
          ? AwsSessionCredentials.create(id, secret.value(), sessionToken.get().value())
          : AwsBasicCredentials.create(id, secret.value());
    }
  }

  /**
   * The keys, or those of the role.
   *
   * @return empty for the process's own identity
   */
  public Optional<AwsCredentialsProvider> credentials(Duration callTimeout) {
    return keys.<AwsCredentialsProvider>map(k -> StaticCredentialsProvider.create(k.aws()))
        .or(() -> role.map(arn -> assuming(arn, callTimeout)));
  }

  private AwsCredentialsProvider assuming(String arn, Duration callTimeout) {
    var sts =
        StsClient.builder()
            .httpClientBuilder(
                UrlConnectionHttpClient.builder()
                    .connectionTimeout(callTimeout.dividedBy(2))
                    .socketTimeout(callTimeout));
    region.map(Region::of).ifPresent(sts::region);
    return StsAssumeRoleCredentialsProvider.builder()
        .stsClient(sts.build())
        .refreshRequest(r -> r.roleArn(arn).roleSessionName("outboxpipeline-operator"))
        .build();
  }
}
