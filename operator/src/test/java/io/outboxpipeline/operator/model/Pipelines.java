package io.outboxpipeline.operator.model;

import io.fabric8.kubernetes.client.utils.Serialization;
import io.outboxpipeline.operator.api.OutboxPipeline;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeSet;

/** Pipelines for tests, as the API server would hand them out. */
public final class Pipelines {
  public static final BoundQueue QUEUE =
      new BoundQueue(
          "spending.fifo",
          "https://sqs/1/spending.fifo",
          Optional.of("arn:q"),
          Optional.of("https://sqs/1/spending-dlq.fifo"),
          Optional.of("arn:dlq"));
  public static final Images IMAGES =
      new Images("i/base:1", "i/relay:1", "i/consumer:1", "i/console:1");
  public static final NavigableSet<Integer> API_SERVER =
      Collections.unmodifiableNavigableSet(new TreeSet<>(List.of(443, 16443)));
  public static final Sources NOTHING = new Sources(Map.of(), Map.of());

  private Pipelines() {}

  public static OutboxPipeline sample(String name) {
    try {
      return served(Files.readString(Path.of("..", "crds", "samples", name + ".yaml")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** With these lines of YAML in its spec. */
  public static OutboxPipeline of(String lines) {
    return of(lines, "type: FIFO");
  }

  /** With these lines of YAML in its spec, and this in its queue. */
  public static OutboxPipeline of(String lines, String queue) {
    return served(
        """
        apiVersion: outboxpipeline.io/v1alpha1
        kind: OutboxPipeline
        metadata: {name: orders}
        spec:
          database: {host: mysql, name: orders, credentials: {secretName: database}}
          queue: {name: orders.fifo, %s}
        """
                .formatted(queue)
            + lines.indent(2));
  }

  private static OutboxPipeline served(String yaml) {
    OutboxPipeline pipeline = Serialization.unmarshal(yaml, OutboxPipeline.class);
    pipeline.getMetadata().setNamespace("shop");
    pipeline.getMetadata().setUid("uid-1");
    pipeline.getMetadata().setGeneration(3L);
    return pipeline;
  }
}
