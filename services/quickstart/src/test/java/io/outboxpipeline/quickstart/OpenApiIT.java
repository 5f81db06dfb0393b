package io.outboxpipeline.quickstart;

import io.outboxpipeline.embedded.EmbeddedSqs;
import io.outboxpipeline.testkit.Command;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.Program;
import io.outboxpipeline.testkit.TestDatabase;
import io.outboxpipeline.testkit.TestSize;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Base and consumer answer as their OpenAPI documents say: to what these allow, and to what they
 * forbid.
 */
final class OpenApiIT {
  private static final Path LOGS = Path.of("target", "openapi-logs");
  private static final Path CONFIGURATION =
      Path.of("src", "test", "resources", "schemathesis.toml");
  private static final String EXAMPLES = Integer.toString(TestSize.of(20, 500));

  private final Database outbox = TestDatabase.preferred().create();
  private final Database inbox = TestDatabase.preferred().create();

  @Test
  void what_the_documents_say_is_what_the_servers_do() throws Exception {
    Program.SCHEMATHESIS.path();
    try (var sqs = EmbeddedSqs.start(0);
        var pipeline = new Pipeline(outbox, inbox, sqs.endpoint(), LOGS, false)) {
      Pipeline.createQueue(sqs.endpoint(), Map.of());
      pipeline.startBase("base");
      pipeline.startConsumer("consumer");
      for (String server : List.of("base", "consumer")) {
        pipeline.awaitReady(server);
        // It writes what it found to where it runs.
        new Command(
                List.of(
                    Program.SCHEMATHESIS.path(),
                    "--config-file=" + CONFIGURATION.toAbsolutePath(),
                    "--no-color",
                    "run",
                    pipeline.uri(server, "/openapi").toString(),
                    "--url=" + pipeline.uri(server, ""),
                    "--max-examples=" + EXAMPLES,
                    "--seed=1",
                    "--output-sanitize=false",
                    "--suppress-health-check=all"),
                LOGS,
                Map.of())
            .run("")
            .orFail();
      }
    }
  }
}
