package io.outboxpipeline.cloudformation;

import static org.awaitility.Awaitility.await;

import io.outboxpipeline.testkit.JavaProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.awscore.client.builder.AwsSyncClientBuilder;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.acm.AcmClient;
import software.amazon.awssdk.services.cloudformation.CloudFormationClient;
import software.amazon.awssdk.services.cloudwatch.CloudWatchClient;
import software.amazon.awssdk.services.cloudwatchlogs.CloudWatchLogsClient;
import software.amazon.awssdk.services.ec2.Ec2Client;
import software.amazon.awssdk.services.ecs.EcsClient;
import software.amazon.awssdk.services.eks.EksClient;
import software.amazon.awssdk.services.elasticloadbalancingv2.ElasticLoadBalancingV2Client;
import software.amazon.awssdk.services.iam.IamClient;
import software.amazon.awssdk.services.rds.RdsClient;
import software.amazon.awssdk.services.secretsmanager.SecretsManagerClient;
import software.amazon.awssdk.services.sqs.SqsClient;

/**
 * The stand-in for AWS (moto with {@code peer.py}), one for all tests of the JVM, and its clients.
 */
final class Aws {
  static final String REGION = "eu-central-1";
  static final String ACCOUNT = "123456789012";

  private static final SdkHttpClient HTTP = Apache5HttpClient.builder().maxConnections(4).build();

  final AcmClient certificates = client(AcmClient.builder());
  final CloudFormationClient cloudFormation = client(CloudFormationClient.builder());
  final CloudWatchClient cloudWatch = client(CloudWatchClient.builder());
  final CloudWatchLogsClient logs = client(CloudWatchLogsClient.builder());
  final Ec2Client ec2 = client(Ec2Client.builder());
  final EcsClient ecs = client(EcsClient.builder());
  final EksClient eks = client(EksClient.builder());
  final ElasticLoadBalancingV2Client balancing = client(ElasticLoadBalancingV2Client.builder());
  final IamClient iam = client(IamClient.builder());
  final RdsClient rds = client(RdsClient.builder());
  final SecretsManagerClient secrets = client(SecretsManagerClient.builder());
  final SqsClient sqs = client(SqsClient.builder());

  /** Started by whoever needs it first. */
  private static final class Server {
    static final URI ENDPOINT = start();
  }

  private Aws() {}

  /** An account in which there is nothing yet. */
  static Aws empty() {
    Python.program("python"); // a class that can't be initialised is no assumption
    var reset =
        HttpRequest.newBuilder(Server.ENDPOINT.resolve("/moto-api/reset"))
            .POST(HttpRequest.BodyPublishers.noBody())
            .build();
    try (var http = HttpClient.newHttpClient()) {
      http.send(reset, HttpResponse.BodyHandlers.discarding());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
    return new Aws();
  }

  private static <B extends AwsClientBuilder<B, C> & AwsSyncClientBuilder<B, C>, C> C client(
      B builder) {
    return builder
        .endpointOverride(Server.ENDPOINT)
        .region(Region.of(REGION))
        .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("x", "x")))
        .httpClient(HTTP)
        .build();
  }

  private static URI start() {
    int port = JavaProcess.freePort();
    var command =
        List.of(
            Python.program("python"),
            Path.of("src", "test", "python", "peer.py").toString(),
            "-H",
            "127.0.0.1",
            "-p",
            Integer.toString(port));
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(Path.of("target", "moto.log").toFile())
              .start();
      Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
      URI endpoint = URI.create("http://127.0.0.1:" + port);
      try (var http = HttpClient.newHttpClient()) {
        await("moto answers; see target/moto.log")
            .until(() -> process.isAlive() && answers(http, endpoint));
      }
      return endpoint;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean answers(HttpClient http, URI endpoint) throws InterruptedException {
    try {
      var request = HttpRequest.newBuilder(endpoint.resolve("/moto-api/")).build();
      return http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
    } catch (IOException e) {
      return false;
    }
  }
}
