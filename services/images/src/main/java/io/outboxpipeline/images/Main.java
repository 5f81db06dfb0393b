package io.outboxpipeline.images;

import io.outboxpipeline.embedded.EmbeddedMariaDb;
import io.outboxpipeline.embedded.EmbeddedSqs;
import io.outboxpipeline.runtime.ServiceMain;
import io.outboxpipeline.runtime.SqsSettings;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/** Trains the images of base, relay and consumer. Arguments: their prefix, their tag, a folder. */
public final class Main {
  private static final String QUEUE = "training.fifo";
  private static final int WAITING = 4_000;
  private static final int ARRIVING = 2_000;

  private final EmbeddedMariaDb database;
  private final EmbeddedSqs sqs;
  private final String prefix;
  private final String tag;
  private final Path folder;

  private Main(EmbeddedMariaDb database, EmbeddedSqs sqs, String prefix, String tag, Path folder) {
    this.database = database;
    this.sqs = sqs;
    this.prefix = prefix;
    this.tag = tag;
    this.folder = folder;
  }

  public static void main(String[] args) throws IOException, InterruptedException {
    ServiceMain.routeLogs();
    if (!supported()) {
      System.out.println("The images start untrained: training is for Linux on x86-64.");
      return;
    }
    try (var database = EmbeddedMariaDb.start(0);
        var sqs = EmbeddedSqs.start(0)) {
      new Main(database, sqs, args[0], args[1], Path.of(args[2])).train();
    }
  }

  /** Where the embedded database runs, and Docker's containers are of the host's kind. */
  private static boolean supported() {
    return System.getProperty("os.name").equals("Linux")
        && System.getProperty("os.arch").equals("amd64");
  }

  private void train() throws IOException, InterruptedException {
    database.createDatabase("base");
    database.createDatabase("consumer");
    createQueue(sqs.endpoint(), QUEUE);
    try (var http = HttpClient.newHttpClient();
        var base = start("base", "base")) {
      base.awaitReady(http);
      var clients = new Clients(http, base.uri("/api/v1/spending"));
      // A backlog, read deep and packed ...
      clients.post(WAITING);
      try (var relay = start("relay", "base");
          var consumer = start("consumer", "consumer")) {
        relay.awaitReady(http);
        consumer.awaitReady(http);
        // ... and events that are sent as they come.
        clients.post(ARRIVING);
        clients.awaitApplied(consumer.uri("/metrics"), WAITING + ARRIVING);
        clients.read(base.uri("/metrics"));
        clients.read(relay.uri("/metrics"));
        finish(base, relay, consumer);
      }
    }
  }

  /** All at once, for each has much to write. */
  private static void finish(Service... services) throws InterruptedException {
    Together.run(
        Stream.of(services)
            .<Callable<Void>>map(
                service ->
                    () -> {
                      service.finish();
                      return null;
                    })
            .toList());
  }

  private Service start(String component, String name) throws IOException {
    return Service.start(
        prefix + "/" + component + ":" + tag,
        folder.resolve("trained").resolve(component),
        Map.ofEntries(
            Map.entry("MYSQL_HOST", database.host()),
            Map.entry("MYSQL_PORT", Integer.toString(database.port())),
            Map.entry("MYSQL_DATABASE", name),
            Map.entry("MYSQL_USER", database.user()),
            Map.entry("MYSQL_PASSWORD", database.password()),
            // The embedded server has no TLS.
            Map.entry("MYSQL_SSL_MODE", "preferred"),
            Map.entry("SQS_QUEUE", QUEUE),
            Map.entry("AWS_ENDPOINT_URL_SQS", sqs.endpoint().toString()),
            Map.entry("AWS_REGION", "eu-central-1"),
            Map.entry("AWS_ACCESS_KEY_ID", "training"),
            Map.entry("AWS_SECRET_ACCESS_KEY", "training")));
  }

  /** Creates a FIFO queue. */
  static void createQueue(URI endpoint, String name) {
    var settings =
        new SqsSettings(
            name,
            Optional.empty(),
            Optional.of(endpoint),
            Optional.of("eu-central-1"),
            Optional.of(StaticCredentialsProvider.create(AwsBasicCredentials.create("x", "x"))));
    try (var client = settings.open(SqsSettings.Retries.STANDARD, Duration.ofSeconds(10), 1)) {
      client.createQueue(
          r -> r.queueName(name).attributes(Map.of(QueueAttributeName.FIFO_QUEUE, "true")));
    }
  }
}
