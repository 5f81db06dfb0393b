package io.outboxpipeline.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.outboxpipeline.embedded.EmbeddedSqs;
import io.outboxpipeline.testkit.TcpProxy;
import java.net.URI;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceLock;

/** What the operator reads of a namespace that is full of other people's objects. */
@Execution(ExecutionMode.SAME_THREAD)
@ResourceLock(Cluster.PIPELINES)
final class MemoryIT extends PipelineCase {
  private static final int FOREIGN = 10;
  private static final String LARGE = "x".repeat(900_000);

  private final EmbeddedSqs sqs = EmbeddedSqs.start(0);

  @Override
  URI sqs() {
    return sqs.endpoint();
  }

  @Override
  OperatorService operator() {
    throw new UnsupportedOperationException("the test has its own");
  }

  @Test
  void secrets_and_config_maps_that_no_pipeline_names_are_never_read() {
    Running.end();
    for (int i = 0; i < FOREIGN; i++) {
      secret("foreign-" + i, Map.of("large", LARGE));
      client
          .resource(
              new ConfigMapBuilder()
                  .withNewMetadata()
                  .withName("foreign-" + i)
                  .withNamespace(namespace)
                  .endMetadata()
                  .withData(Map.of("large", LARGE))
                  .build())
          .create();
    }
    try (sqs;
        var proxy = new TcpProxy(cluster.port());
        var operator =
            OperatorService.start(
                Running.settings(Set.of(namespace)), cluster.clientThrough(proxy.port()))) {
      create("small", "replicas: 0");
      eventually(() -> assertThat(condition("small", "QueueReady")).startsWith("True"));
      // A change of a named one is seen, so it is watched; and one of the others is not.
      secret("foreign-0", Map.of("large", LARGE + "changed"));
      String before = digest("small-relay");
      secret("database", Map.of("username", "me", "password", "changed"));
      eventually(() -> assertThat(digest("small-relay")).isNotEqualTo(before));
      assertThat(operator.port()).isPositive();
      assertThat(proxy.received())
          .as(
              "bytes from the API server, beside %d of others' objects",
              2 * FOREIGN * LARGE.length())
          .isLessThan(LARGE.length());
    }
  }
}
