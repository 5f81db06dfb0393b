package io.outboxpipeline.quickstart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outboxpipeline.runtime.SqsSettings;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.JavaProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/** The services as processes of their own, over given databases and an SQS endpoint. */
final class Pipeline implements AutoCloseable {
  static final String QUEUE = "spending.fifo";

  private static final List<String> ARABIC = List.of("-Duser.language=ar", "-Duser.country=EG");
  private static final List<String> TURKISH = List.of("-Duser.language=tr", "-Duser.country=TR");
  private static final List<String> THAI =
      List.of("-Duser.language=th", "-Duser.country=TH", "-Duser.extensions=ca-buddhist");

  private final Database base;
  private final Database relay;
  private final Database consumer;
  private final URI sqs;
  private final Path logs;
  private final boolean foreign;
  private final Map<String, JavaProcess> processes = new ConcurrentHashMap<>();
  private final Map<String, Integer> ports = new ConcurrentHashMap<>();
  private final Map<String, String> variable = new HashMap<>();
  private final HttpClient http = HttpClient.newHttpClient();
  private String migrate = "on-start";

  Pipeline(Database base, Database consumer, URI sqs, Path logs, boolean foreign) {
    this(base, base, consumer, sqs, logs, foreign);
  }

  /**
   * @param relay the base's database, as the relays log in
   * @param foreign whether the processes run where numbers, letters, calendars, time zones and
   *     encodings are not those of the people who wrote them
   */
  Pipeline(Database base, Database relay, Database consumer, URI sqs, Path logs, boolean foreign) {
    this.base = base;
    this.relay = relay;
    this.consumer = consumer;
    this.sqs = sqs;
    this.logs = logs;
    this.foreign = foreign;
  }

  /** Makes the queue at an endpoint, with these attributes beside the one that says FIFO. */
  static void createQueue(URI endpoint, Map<QueueAttributeName, String> more) {
    var attributes = new HashMap<>(more);
    attributes.put(QueueAttributeName.FIFO_QUEUE, "true");
    var settings =
        new SqsSettings(
            QUEUE,
            Optional.empty(),
            Optional.of(endpoint),
            Optional.of("eu-central-1"),
            Optional.of(StaticCredentialsProvider.create(AwsBasicCredentials.create("x", "x"))));
    try (var client = settings.open(SqsSettings.Retries.STANDARD, Duration.ofSeconds(10), 1)) {
      client.createQueue(r -> r.queueName(QUEUE).attributes(attributes));
    }
  }

  /** The answer's status and body, or why there is none. */
  static String ask(HttpClient http, HttpRequest.Builder request) {
    try {
      var answer = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
      return answer.statusCode() + " " + answer.body();
    } catch (IOException e) {
      return e.toString();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** From here on processes are started with these variables, too. */
  void with(Map<String, String> variables) {
    variable.putAll(variables);
  }

  /** From here on a migrator has done it. */
  void neverMigrates() {
    migrate = "never";
  }

  /** Starts a base; its port stays the same when it is started again, as everyone's does. */
  void startBase(String name) {
    start(name, io.outboxpipeline.base.Main.class, base, Map.of(), ARABIC);
  }

  /** Starts a relay that is the member of its name. */
  void startRelay(String name) {
    start(
        name,
        io.outboxpipeline.relay.Main.class,
        relay,
        Map.of(
            "RELAY_MEMBER", name,
            "RELAY_PARTITIONS", "16",
            "RELAY_LEASE_DURATION", "6s",
            "RELAY_RENEW_DEADLINE", "4s",
            "RELAY_RETRY_PERIOD", "1s"),
        TURKISH);
  }

  void startConsumer(String name) {
    start(
        name,
        io.outboxpipeline.consumer.Main.class,
        consumer,
        Map.of("CONSUMER_POLL_WAIT", "1s"),
        THAI);
  }

  private void start(
      String name,
      Class<?> main,
      Database database,
      Map<String, String> more,
      List<String> language) {
    int port = ports.computeIfAbsent(name, n -> JavaProcess.freePort());
    var environment = new HashMap<>(more);
    environment.putAll(
        Map.of(
            "MYSQL_HOST", database.host(),
            "MYSQL_PORT", Integer.toString(database.port()),
            "MYSQL_DATABASE", database.name(),
            "MYSQL_USER", database.user(),
            "MYSQL_PASSWORD", database.password(),
            "MYSQL_SSL_MODE", "preferred",
            "MIGRATE", migrate,
            "SERVER_PORT", Integer.toString(port),
            "SERVER_HOST", "127.0.0.1"));
    environment.putAll(
        Map.of(
            "SQS_QUEUE", QUEUE,
            "AWS_ENDPOINT_URL_SQS", sqs.toString(),
            "AWS_REGION", "eu-central-1",
            "AWS_ACCESS_KEY_ID", "x",
            "AWS_SECRET_ACCESS_KEY", "x",
            "JAVA_TOOL_OPTIONS", "-Dlogback.configurationFile=logback.xml"));
    environment.putAll(variable);
    var options = new ArrayList<>(JavaProcess.QUICK_START);
    if (foreign) {
      options.addAll(language);
      options.addAll(List.of("-Duser.timezone=Asia/Kathmandu", "-Dfile.encoding=ISO-8859-1"));
    }
    processes.put(name, JavaProcess.start(name, main, environment, logs, options));
  }

  JavaProcess process(String name) {
    JavaProcess process = processes.get(name);
    if (process == null) {
      throw new IllegalArgumentException("no process " + name);
    }
    return process;
  }

  /** Waits until it says that it is ready. */
  void awaitReady(String name) {
    await(name)
        .atMost(Duration.ofMinutes(5))
        .until(
            () -> {
              assertThat(process(name).isAlive()).as(name + " runs").isTrue();
              return ask(
                      http,
                      HttpRequest.newBuilder(uri(name, "/health/ready"))
                          .timeout(Duration.ofSeconds(2)))
                  .startsWith("200");
            });
  }

  URI uri(String name, String path) {
    Integer port = ports.get(name);
    return URI.create("http://127.0.0.1:" + port + path);
  }

  @Override
  public void close() {
    processes.values().forEach(JavaProcess::close);
    http.shutdownNow();
  }
}
