package io.outboxpipeline.relay;

import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.JavaProcess;
import java.net.URI;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** A relay as a process of its own, over a database and the queue {@code q.fifo} of an endpoint. */
final class RelayProcess {
  private RelayProcess() {}

  /**
   * Starts one.
   *
   * @param name of its log
   * @param settings what it is told beside where both are
   * @param options of its JVM, beside those for a quick start
   */
  static JavaProcess start(
      String name,
      Database database,
      URI sqs,
      Path logs,
      Map<String, String> settings,
      List<String> options) {
    var environment = new HashMap<>(settings);
    environment.putAll(
        Map.of(
            "MYSQL_HOST", database.host(),
            "MYSQL_PORT", Integer.toString(database.port()),
            "MYSQL_DATABASE", database.name(),
            "MYSQL_USER", database.user(),
            "MYSQL_PASSWORD", database.password(),
            "MYSQL_SSL_MODE", "preferred"));
    environment.putAll(
        Map.of(
            "SERVER_HOST", "127.0.0.1",
            "SERVER_PORT", Integer.toString(JavaProcess.freePort()),
            "SQS_QUEUE", "q.fifo",
            "AWS_ENDPOINT_URL_SQS", sqs.toString(),
            "AWS_REGION", "eu-central-1",
            "AWS_ACCESS_KEY_ID", "x",
            "AWS_SECRET_ACCESS_KEY", "x"));
    return JavaProcess.start(
        name,
        Main.class,
        environment,
        logs,
        Stream.concat(JavaProcess.QUICK_START.stream(), options.stream()).toList());
  }
}
