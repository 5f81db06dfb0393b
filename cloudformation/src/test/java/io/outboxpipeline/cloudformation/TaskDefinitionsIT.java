package io.outboxpipeline.cloudformation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.outboxpipeline.embedded.EmbeddedSqs;
import io.outboxpipeline.runtime.AwsActions;
import io.outboxpipeline.runtime.SqsSettings;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.JavaProcess;
import io.outboxpipeline.testkit.TestDatabase;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceLock;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.services.ecs.model.ContainerDefinition;
import software.amazon.awssdk.services.ecs.model.KeyValuePair;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/**
 * The services, started with the environment and the secrets that the stack's task definitions give
 * them, against MySQL and a local SQS; of the environment only hosts and ports are others.
 */
@Execution(ExecutionMode.SAME_THREAD)
@ResourceLock(Aws.ACCOUNT)
final class TaskDefinitionsIT {
  private static final Path LOGS = Path.of("target", "task-logs");

  private final Database server = TestDatabase.MYSQL.create();
  private final Aws aws = Aws.empty();
  private final Deployed stack =
      Deployed.create(aws, Template.stack(), Map.of("ClientCidr", "203.0.113.7/32"));
  private final EmbeddedSqs peer = EmbeddedSqs.start(0);
  private final SqsClient sqs = client();
  private final RecordingSqs relaySqs = new RecordingSqs(peer.endpoint());
  private final RecordingSqs consumerSqs = new RecordingSqs(peer.endpoint());
  private final HttpClient http = HttpClient.newHttpClient();
  private final Map<String, Integer> ports = new HashMap<>();
  private final List<AutoCloseable> toClose = new ArrayList<>();
  private final String queue = name("QueueUrl");
  private final String deadLetterQueue = name("DeadLetterQueueUrl");

  private String name(String output) {
    String url = String.valueOf(stack.outputs().get(output));
    return url.substring(url.lastIndexOf('/') + 1);
  }

  private SqsClient client() {
    return new SqsSettings(
            "",
            Optional.empty(),
            Optional.of(peer.endpoint()),
            Optional.of(Aws.REGION),
            Optional.of(StaticCredentialsProvider.create(AwsBasicCredentials.create("x", "x"))))
        .open(SqsSettings.Retries.STANDARD, Duration.ofSeconds(10), 2);
  }

  @BeforeEach
  void createWhatTheStackHasInAws() {
    sqs.createQueue(
        r ->
            r.queueName(deadLetterQueue).attributes(Map.of(QueueAttributeName.FIFO_QUEUE, "true")));
    sqs.createQueue(
        r -> r.queueName(queue).attributes(Map.of(QueueAttributeName.FIFO_QUEUE, "true")));
    JsonNode base = secretOf("BaseSecret");
    JsonNode consumer = secretOf("ConsumerSecret");
    assertThat(base.path("username")).isEqualTo(consumer.path("username"));
    // One server in place of two: its user has the passwords of both.
    String user = "'" + base.path("username").asText() + "'@'%'";
    server.execute(
        "DROP USER IF EXISTS " + user,
        "CREATE USER " + user + " IDENTIFIED BY '" + base.path("password").asText() + "'",
        "ALTER USER %s IDENTIFIED BY '%s' RETAIN CURRENT PASSWORD"
            .formatted(user, consumer.path("password").asText()));
    for (String name : List.of("base", "consumer")) {
      server.execute(
          "DROP DATABASE IF EXISTS " + name,
          "CREATE DATABASE " + name + " CHARACTER SET utf8mb4",
          "GRANT ALL ON " + name + ".* TO " + user);
    }
  }

  private JsonNode secretOf(String resource) {
    String id = stack.id(resource);
    return Deployed.json(aws.secrets.getSecretValue(r -> r.secretId(id)).secretString());
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable c : toClose.reversed()) {
      c.close();
    }
    http.shutdownNow();
    relaySqs.close();
    consumerSqs.close();
    sqs.close();
    peer.close();
  }

  @Test
  void services_take_the_environment_of_their_tasks_and_ask_of_aws_what_their_roles_allow()
      throws Exception {
    ContainerDefinition base = container("BaseTask", "base");
    ContainerDefinition relay = container("RelayTask", "relay");
    ContainerDefinition consumer = container("ConsumerTask", "consumer");
    assertThat(List.of(base, relay, consumer))
        .extracting(ContainerDefinition::image)
        .containsExactly(
            "outboxpipeline/base:0.1.0",
            "outboxpipeline/relay:0.1.0",
            "outboxpipeline/consumer:0.1.0");

    start(base, io.outboxpipeline.base.Main.class, "base");
    start(relay, io.outboxpipeline.relay.Main.class, "relay");
    JavaProcess consuming = start(consumer, io.outboxpipeline.consumer.Main.class, "consumer");
    for (String name : List.of("base", "relay", "consumer")) {
      await(name + "; see " + LOGS).until(() -> ready(name));
    }
    for (ContainerDefinition container : List.of(base, relay, consumer)) {
      assertThat(healthCheck(container)).as("health check of %s", container.name()).isZero();
    }

    sqs.sendMessage(
        r ->
            r.queueUrl(url(queue))
                .messageBody("not an event")
                .messageGroupId("x")
                .messageDeduplicationId("x"));
    post("{\"identity\":\"alice\",\"name\":\"Alice\",\"surname\":\"Adams\",\"amount\":\"12.50\"}");
    await("the event is applied")
        .until(
            () -> get("consumer", "/api/v1/spending?identity=alice").body().contains("\"12.50\""));
    await("what is no event is in the dead-letter queue, and acknowledged")
        .until(
            () ->
                waiting(deadLetterQueue) == 1
                    && consumerSqs.asked(queue).contains("sqs:DeleteMessage"));
    assertProbeTellsLagAndUnownedPartitions();

    assertThat(relaySqs.queues()).containsExactly(queue);
    assertThat(relaySqs.asked(queue)).isEqualTo(new TreeSet<>(AwsActions.RELAY.queue()));
    assertThat(consumerSqs.queues()).containsExactlyInAnyOrder(queue, deadLetterQueue);
    Set<String> ofQuickWork = new TreeSet<>(AwsActions.CONSUMER.queue());
    ofQuickWork.remove("sqs:ChangeMessageVisibility");
    ofQuickWork.remove("sqs:SendMessage");
    assertThat(consumerSqs.asked(queue)).isEqualTo(ofQuickWork);
    assertThat(consumerSqs.asked(deadLetterQueue))
        .as("nobody looked at dead letters or moved them back")
        .isEqualTo(Set.of("sqs:GetQueueUrl", "sqs:SendMessage"))
        .isSubsetOf(AwsActions.CONSUMER.deadLetterQueue());

    consuming.kill();
    assertThat(healthCheck(consumer)).as("health check of a dead service").isNotZero();
  }

  private ContainerDefinition container(String task, String name) {
    return aws
        .ecs
        .describeTaskDefinition(r -> r.taskDefinition(stack.id(task)))
        .taskDefinition()
        .containerDefinitions()
        .stream()
        .filter(c -> c.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  /** As ECS does, but for hosts and ports. */
  private JavaProcess start(ContainerDefinition container, Class<?> main, String database) {
    int port = JavaProcess.freePort();
    ports.put(container.name(), port);
    var environment = new HashMap<String, String>();
    for (KeyValuePair variable : container.environment()) {
      environment.put(variable.name(), variable.value());
    }
    container
        .secrets()
        .forEach(secret -> environment.put(secret.name(), secretValue(secret.valueFrom())));
    assertThat(environment.keySet())
        .contains("MYSQL_HOST", "MYSQL_PORT", "MYSQL_USER", "MYSQL_PASSWORD");
    assertThat(environment.get("MYSQL_HOST")).endsWith(".rds.amazonaws.com");
    environment.put("MYSQL_HOST", server.host());
    environment.put("MYSQL_PORT", Integer.toString(server.port()));
    environment.put("SERVER_PORT", Integer.toString(port));
    if (!database.equals("base")) {
      environment.put("AWS_ENDPOINT_URL_SQS", proxy(container.name()).endpoint().toString());
      environment.put("AWS_ACCESS_KEY_ID", "x"); // in place of the task's role
      environment.put("AWS_SECRET_ACCESS_KEY", "x");
    }
    environment.put("JAVA_TOOL_OPTIONS", "-Dlogback.configurationFile=logback.xml");
    JavaProcess process =
        JavaProcess.start(container.name(), main, environment, LOGS, JavaProcess.QUICK_START);
    toClose.add(process);
    return process;
  }

  private RecordingSqs proxy(String name) {
    return name.equals("relay") ? relaySqs : consumerSqs;
  }

  /** {@code arn:…:key::} is one key of a secret that is JSON. */
  private String secretValue(String from) {
    String[] parts = from.split(":");
    String arn = String.join(":", List.of(parts).subList(0, 7));
    JsonNode value = Deployed.json(aws.secrets.getSecretValue(r -> r.secretId(arn)).secretString());
    return value.path(parts[7]).asText();
  }

  private boolean ready(String name) throws InterruptedException {
    try {
      return get(name, "/health/ready").statusCode() == 200;
    } catch (IOException e) {
      return false;
    }
  }

  private HttpResponse<String> get(String name, String path)
      throws IOException, InterruptedException {
    return http.send(
        HttpRequest.newBuilder(uri(name, path)).timeout(Duration.ofSeconds(5)).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private URI uri(String name, String path) {
    return URI.create("http://127.0.0.1:" + ports.get(name) + path);
  }

  private void post(String spending) throws Exception {
    HttpResponse<String> answer =
        http.send(
            HttpRequest.newBuilder(uri("base", "/api/v1/spending"))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(spending))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(201);
  }

  private String url(String name) {
    return sqs.getQueueUrl(r -> r.queueName(name)).queueUrl();
  }

  private int waiting(String name) {
    return Integer.parseInt(
        sqs.getQueueAttributes(
                r ->
                    r.queueUrl(url(name))
                        .attributeNames(QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES))
            .attributes()
            .getOrDefault(QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES, "0"));
  }

  /** Runs the check as ECS does, at the port that the service has here. */
  private int healthCheck(ContainerDefinition container) {
    List<String> command = container.healthCheck().command();
    assertThat(command.getFirst()).isEqualTo("CMD");
    return Python.run(
            command.subList(1, command.size()).stream().map(c -> here(c, container)).toList())
        .exit();
  }

  private String here(String command, ContainerDefinition container) {
    return command.replace(
        Integer.toString(container.portMappings().getFirst().containerPort()),
        String.valueOf(ports.get(container.name())));
  }

  /** A relay looks at the leases every few seconds only; until then it calls its own unowned. */
  private void assertProbeTellsLagAndUnownedPartitions() {
    await("the probe tells that no partition is unowned")
        .untilAsserted(
            () -> {
              JsonNode line = Deployed.json(firstLineOfProbe());
              assertThat(line.path("oldestEventAgeSeconds").isNumber()).as("%s", line).isTrue();
              assertThat(line.path("unownedPartitions").asInt(-1)).as("%s", line).isZero();
            });
  }

  /** Runs the probe as ECS does, until it has written a line, and stops it. */
  private String firstLineOfProbe() throws IOException, InterruptedException {
    List<String> command =
        container("RelayTask", "probe").command().stream()
            .map(c -> here(c, container("RelayTask", "relay")))
            .toList();
    Path output = Files.createTempFile("probe", ".txt");
    Process probe =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    List<ProcessHandle> children = List.of();
    try {
      await("the probe writes a line").until(() -> Files.readString(output).endsWith("\n"));
      children = probe.descendants().toList();
      probe.destroy();
      assertThat(probe.waitFor(5, TimeUnit.SECONDS)).as("it ends when told to").isTrue();
      return Files.readString(output);
    } finally {
      children.forEach(ProcessHandle::destroyForcibly);
      probe.destroyForcibly();
      Files.delete(output);
    }
  }
}
