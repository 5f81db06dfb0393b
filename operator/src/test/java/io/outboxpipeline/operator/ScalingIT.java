package io.outboxpipeline.operator;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceAccessMode;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.ResourceLockTarget;

/** Who says how many pods there are. */
@ResourceLock(value = Cluster.PIPELINES, mode = ResourceAccessMode.READ)
@ResourceLock(
    value = SharedOperatorCase.UNDISTURBED,
    mode = ResourceAccessMode.READ,
    target = ResourceLockTarget.CHILDREN)
final class ScalingIT extends SharedOperatorCase {

  @Test
  void the_sample_for_autoscalers_is_taken_and_names_metrics_that_are_there() throws IOException {
    Path folder = Path.of("..", "crds", "autoscaling");
    String hpa = Files.readString(folder.resolve("hpa.yaml"));
    try (var file = new ByteArrayInputStream(hpa.getBytes(UTF_8))) {
      assertThat(client.load(file).inNamespace(namespace).create()).hasSize(2);
    }
    String known = Files.readString(Path.of("..", "docs", "metrics.md"));
    assertThat(
            Pattern.compile("outbox(?:pipeline)?_[a-z_]+")
                .matcher(hpa + Files.readString(folder.resolve("keda.yaml")))
                .results()
                .map(MatchResult::group))
        .hasSizeGreaterThan(1)
        .allSatisfy(metric -> assertThat(known).contains("`" + metric + "`"));
  }

  @Test
  @SuppressWarnings("try") // a watch is there to be open
  void a_number_that_is_left_out_stays_until_an_autoscaler_sets_it_and_is_the_autoscalers_then() {
    create("scales", "replicas: 0", CONSUMER.replace("replicas: 1", "replicas: 5"));
    eventually(() -> assertThat(objects("scales")).contains("Deployment/scales-consumer"));
    assertThat(replicas()).isEqualTo(5);
    var seen = new Seen();
    try (Watch watch =
        client
            .apps()
            .deployments()
            .inNamespace(namespace)
            .withName("scales-consumer")
            .watch(seen)) {
      edit("scales", "{\"spec\":{\"consumer\":{\"replicas\":null,\"loops\":5}}}");
      eventually(
          () -> assertThat(settingsOf("scales-consumer")).containsEntry("CONSUMER_LOOPS", "5"));
      // As the controller of a HorizontalPodAutoscaler does it.
      client.apps().deployments().inNamespace(namespace).withName("scales-consumer").scale(7);
      eventually(() -> assertThat(replicas()).isEqualTo(7));
      edit("scales", "{\"spec\":{\"consumer\":{\"loops\":6}}}");
      eventually(
          () -> {
            assertThat(settingsOf("scales-consumer")).containsEntry("CONSUMER_LOOPS", "6");
            assertThat(digest("scales-consumer")).isEqualTo(seen.lastDigest());
          });
      assertThat(replicas()).isEqualTo(7);
    }
    assertThat(seen.replicas).allMatch(r -> r >= 5);
    edit("scales", "{\"spec\":{\"consumer\":{\"replicas\":3}}}");
    eventually(() -> assertThat(replicas()).isEqualTo(3));
  }

  private Integer replicas() {
    return deployment("scales-consumer").getSpec().getReplicas();
  }

  /** Each state of the Deployment. */
  private static final class Seen implements Watcher<Deployment> {
    private final Queue<Integer> replicas = new ConcurrentLinkedQueue<>();
    private volatile String digest = "";

    String lastDigest() {
      return digest;
    }

    @Override
    public void eventReceived(Action action, Deployment deployment) {
      replicas.add(deployment.getSpec().getReplicas());
      digest =
          String.valueOf(
              deployment
                  .getSpec()
                  .getTemplate()
                  .getMetadata()
                  .getAnnotations()
                  .get("outboxpipeline.io/settings"));
    }

    @Override
    public void onClose(WatcherException cause) {}
  }
}
