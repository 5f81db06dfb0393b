package io.outboxpipeline.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.outboxpipeline.embedded.EmbeddedSqs;
import io.outboxpipeline.operator.api.OutboxPipeline;
import io.outboxpipeline.operator.model.Images;
import io.outboxpipeline.operator.queue.QueueRules;
import io.outboxpipeline.runtime.ServerSettings;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceLock;

/** Operators that come and go over pipelines whose events flow all the time. */
@Execution(ExecutionMode.SAME_THREAD)
@ResourceLock(Cluster.PIPELINES)
final class RestartsIT extends PipelineCase {
  private static final int PIPELINES = 20;

  private final EmbeddedSqs sqs = EmbeddedSqs.start(0);

  @Override
  URI sqs() {
    return sqs.endpoint();
  }

  @Override
  OperatorService operator() {
    throw new UnsupportedOperationException("these tests have several");
  }

  @Test
  @SuppressWarnings("try") // what is open works by itself
  void ready_stays_true_while_operator_and_relays_are_replaced_and_the_status_is_right_after_it() {
    Running.end();
    List<String> names = IntStream.range(0, PIPELINES).mapToObj(i -> "up-" + i).toList();
    try (sqs;
        var kubelet = new FakeKubelet(client, namespace, FakeKubelet.TIMING)) {
      var before = start("1");
      names.forEach(
          n ->
              create(
                  n,
                  "replicas: 1, partitions: 2, lease: {leaseDuration: 6s, renewDeadline: 4s,"
                      + " retryPeriod: 1s}"));
      eventually(() -> assertThat(names).allMatch(n -> condition(n, "Ready").equals("True Ready")));
      var seen = new Transitions();
      try (Watch watch =
          client.resources(OutboxPipeline.class).inNamespace(namespace).watch(seen)) {
        before.close();
        var after = start("2");
        eventually(
            () ->
                assertThat(names)
                    .allMatch(n -> isOne(deployment(n + "-relay").getStatus().getUpdatedReplicas()))
                    .allMatch(n -> isOne(deployment(n + "-relay").getStatus().getReplicas()))
                    .allMatch(n -> condition(n, "Reconciling").equals("False Complete"))
                    .allMatch(n -> condition(n, "Ready").equals("True Ready")));
        after.close();
      }
      assertThat(seen.notReady).isEmpty();
      assertThat(seen.reconciling).as("a rollout is told").containsAll(names);
    }
  }

  /** The API leaves a 0 out. */
  private static boolean isOne(@Nullable Integer count) {
    return count != null && count == 1;
  }

  private OperatorService start(String version) {
    return OperatorService.start(
        new OperatorSettings(
            ServerSettings.local(0),
            Set.of(namespace),
            new Images(
                "example/base:" + version,
                "example/relay:" + version,
                "example/consumer:" + version,
                "example/console:" + version),
            Optional.empty(),
            "",
            QueueRules.NONE,
            // What the status says must not wait for it.
            Duration.ofHours(1),
            Duration.ofSeconds(10)),
        cluster.newClient());
  }

  /** What a status said at any time. */
  private static final class Transitions implements Watcher<OutboxPipeline> {
    private final Queue<String> notReady = new ConcurrentLinkedQueue<>();
    private final Set<String> reconciling = ConcurrentHashMap.newKeySet();

    @Override
    public void eventReceived(Action action, OutboxPipeline pipeline) {
      pipeline
          .status()
          .condition("Ready")
          .filter(c -> !c.getStatus().equals("True"))
          .ifPresent(
              c -> notReady.add(pipeline.getMetadata().getName() + " says " + c.getMessage()));
      if (pipeline.status().condition("Ready").isEmpty()) {
        notReady.add(pipeline.getMetadata().getName() + " says nothing");
      }
      pipeline
          .status()
          .condition("Reconciling")
          .filter(c -> c.getStatus().equals("True"))
          .ifPresent(c -> reconciling.add(pipeline.getMetadata().getName()));
    }

    @Override
    public void onClose(WatcherException cause) {}
  }
}
