package io.outboxpipeline.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.outboxpipeline.embedded.EmbeddedSqs;
import io.outboxpipeline.operator.api.OutboxPipeline;
import io.outboxpipeline.operator.model.Images;
import io.outboxpipeline.operator.queue.QueueRules;
import io.outboxpipeline.runtime.ServerSettings;
import io.outboxpipeline.testkit.TcpProxy;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceLock;

/** Operators that come and go over pipelines whose events flow all the time. */
@Execution(ExecutionMode.SAME_THREAD)
@ResourceLock(Cluster.PIPELINES)
final class RestartsIT extends PipelineCase {
  private static final int PIPELINES = 20;

  /** Of how many the pods may be replaced at once. */
  private static final int AT_ONCE = 3;

  private static final String TIMING_OF_RELAYS =
      "partitions: 2, lease: {leaseDuration: 6s, renewDeadline: 4s, retryPeriod: 1s}";

  private final EmbeddedSqs sqs = EmbeddedSqs.start(0);
  private final TcpProxy proxy = new TcpProxy(sqs.endpoint().getPort());

  @Override
  URI sqs() {
    return URI.create("http://127.0.0.1:" + proxy.port());
  }

  @AfterEach
  void end() {
    proxy.close();
    sqs.close();
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
    // Of as many as may be replaced at once the image can't be had: they give their places back.
    var stuck = Set.copyOf(names.subList(0, AT_ONCE));
    try (var kubelet =
        new FakeKubelet(
            client, namespace, FakeKubelet.TIMING, pod -> !(isOf(stuck, pod) && isNew(pod)))) {
      var before = start("1");
      names.forEach(n -> create(n, "replicas: 1", TIMING_OF_RELAYS));
      eventually(() -> assertThat(names).allMatch(n -> condition(n, "Ready").equals("True Ready")));
      var seen = new Transitions();
      var rolling = new Rolling(stuck);
      var others = names.subList(AT_ONCE, PIPELINES);
      try (Watch watch = client.resources(OutboxPipeline.class).inNamespace(namespace).watch(seen);
          Watch pods = client.apps().deployments().inNamespace(namespace).watch(rolling)) {
        before.close();
        var first = start("2");
        eventually(
            () ->
                assertThat(names)
                    .anyMatch(n -> condition(n, "Reconciling").equals("True WaitsForTurn")));
        first.close();
        var after = start("2");
        eventually(
            () ->
                assertThat(others)
                    .allMatch(n -> isOne(deployment(n + "-relay").getStatus().getUpdatedReplicas()))
                    .allMatch(n -> isOne(deployment(n + "-relay").getStatus().getReplicas()))
                    .allMatch(n -> condition(n, "Reconciling").equals("False Complete"))
                    .allMatch(n -> condition(n, "Ready").equals("True Ready")));
        eventually(
            () ->
                assertThat(stuck)
                    .allSatisfy(
                        n ->
                            assertThat(condition(n, "Stalled"))
                                .as("%s", status(n).conditions())
                                .isEqualTo("True ImagePullBackOff")));
        after.close();
      }
      assertThat(seen.notReady).isEmpty();
      assertThat(seen.reconciling).as("a rollout is told").containsAll(others);
      assertThat(rolling.most.get()).as("a few at once").isBetween(1, AT_ONCE);
    }
  }

  @Test
  @SuppressWarnings("try") // what is open works by itself, and some of it is closed early
  void a_stop_waits_for_a_pass_that_is_under_way() throws Exception {
    Running.end();
    try (var hangs = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      var operator = start("1");
      create("stops", "replicas: 0", CONSUMER.replace("replicas: 1", "replicas: 5"));
      eventually(() -> assertThat(objects("stops")).contains("Deployment/stops-consumer"));
      edit("stops", "{\"spec\":{\"consumer\":{\"replicas\":null}}}");
      eventually(
          () ->
              assertThat(status("stops").observedGeneration())
                  .isEqualTo(pipelines("stops").require().getMetadata().getGeneration()));
      var seen = new Transitions();
      hangs.setSoTimeout(60_000);
      proxy.lead(hangs.getLocalPort());
      proxy.drop();
      secret("aws", Map.of("accessKeyId", "another", "secretAccessKey", "key"));
      try (Watch watch = client.resources(OutboxPipeline.class).inNamespace(namespace).watch(seen);
          Socket asked = hangs.accept()) {
        Thread stop = Thread.ofVirtual().start(operator::close);
        await().until(() -> get(operator, "/health/ready").statusCode() == 503);
        // Long enough for the caches to be emptied, if it did not wait.
        await().during(Duration.ofSeconds(2)).until(stop::isAlive);
        proxy.lead(sqs.endpoint().getPort());
        asked.close();
        stop.join();
        assertThat(seen.notReady).noneMatch(m -> m.contains("does not exist"));
        assertThat(condition("stops", "ConsumerAvailable")).doesNotContain("NotCreated");
        assertThat(deployment("stops-consumer").getSpec().getReplicas()).isEqualTo(5);
      }
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
            Duration.ofSeconds(10),
            AT_ONCE),
        cluster.newClient());
  }

  private static boolean isOf(Set<String> pipelines, Pod pod) {
    return pipelines.contains(
        pod.getMetadata().getLabels().getOrDefault("outboxpipeline.io/pipeline", ""));
  }

  private static boolean isNew(Pod pod) {
    return pod.getSpec().getContainers().getFirst().getImage().endsWith(":2");
  }

  /** How many Deployments replaced their pods at once, at most, but for those that are stuck. */
  private static final class Rolling implements Watcher<Deployment> {
    private final Set<String> stuck;
    private final Set<String> now = ConcurrentHashMap.newKeySet();
    private final AtomicInteger most = new AtomicInteger();

    Rolling(Set<String> stuck) {
      this.stuck = stuck;
    }

    @Override
    public void eventReceived(Action action, Deployment deployment) {
      String name = deployment.getMetadata().getName();
      var status = deployment.getStatus();
      boolean done =
          deployment.getMetadata().getGeneration().equals(status.getObservedGeneration())
              && isOne(status.getUpdatedReplicas())
              && isOne(status.getReplicas());
      if (done || stuck.contains(name.replace("-relay", ""))) {
        now.remove(name);
      } else {
        now.add(name);
      }
      most.accumulateAndGet(now.size(), Math::max);
    }

    @Override
    public void onClose(WatcherException cause) {}
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
