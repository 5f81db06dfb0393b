package io.outboxpipeline.operator;

import io.outboxpipeline.embedded.EmbeddedSqs;
import io.outboxpipeline.operator.model.Images;
import io.outboxpipeline.operator.queue.QueueRules;
import io.outboxpipeline.runtime.ServerSettings;
import io.outboxpipeline.testkit.TcpProxy;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The operator of all namespaces that the tests share, its SQS, and the way to the API server.
 * Tests that run an operator of their own hold {@link Cluster#PIPELINES} alone, and end this one
 * first.
 */
final class Running implements AutoCloseable {
  /** So short that every test sees several. */
  static final Duration RESYNC = Duration.ofSeconds(5);

  private static @Nullable Running shared;

  final EmbeddedSqs sqs = EmbeddedSqs.start(0);
  final TcpProxy proxy = new TcpProxy(Cluster.get().port());
  final OperatorService operator =
      OperatorService.start(settings(Set.of()), Cluster.get().clientThrough(proxy.port()));

  private Running() {
    Runtime.getRuntime().addShutdownHook(new Thread(this::close));
  }

  static synchronized Running get() {
    Running running = shared;
    if (running == null) {
      running = new Running();
      shared = running;
    }
    return running;
  }

  /** Ends it, until it is asked for again. */
  static synchronized void end() {
    if (shared != null) {
      shared.close();
      shared = null;
    }
  }

  static OperatorSettings settings(Set<String> namespaces) {
    return new OperatorSettings(
        ServerSettings.local(0),
        namespaces,
        new Images("example/base:1", "example/relay:1", "example/consumer:1", "example/console:1"),
        Optional.empty(),
        "",
        QueueRules.NONE,
        RESYNC,
        Duration.ofSeconds(3),
        10);
  }

  @Override
  public void close() {
    operator.close();
    proxy.close();
    sqs.close();
  }
}
