package io.outboxpipeline.operator.status;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.outboxpipeline.operator.api.OutboxPipeline;
import io.outboxpipeline.operator.api.OutboxPipelineStatus;
import io.outboxpipeline.operator.model.Component;
import io.outboxpipeline.operator.model.Pipelines;
import io.outboxpipeline.operator.model.QueueState;
import io.outboxpipeline.operator.model.Sources;
import io.outboxpipeline.ownership.Heartbeat;
import io.outboxpipeline.ownership.MemberId;
import io.outboxpipeline.ownership.PipelineStatus;
import io.outboxpipeline.ownership.Report;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What Flux, and whatever else counts by kstatus' rules, makes of a pipeline. */
final class KstatusTest {
  private static final Instant NOW = Instant.parse("2030-01-01T00:00:00Z");
  static final String ONE = "relay: {partitions: 1, replicas: 1}";

  @Test
  void a_new_object_is_in_progress() {
    OutboxPipeline fresh = Pipelines.of(ONE);
    fresh.setStatus(new OutboxPipelineStatus(-1L, List.of(), null, null, null, null));
    assertThat(kstatus(fresh)).isEqualTo("InProgress");
  }

  @Test
  void a_pipeline_whose_events_flow_is_current_and_a_changed_one_is_not_before_it_was_judged() {
    OutboxPipeline pipeline = judged(ONE, rolled(), Map.of());
    assertThat(kstatus(pipeline)).isEqualTo("Current");
    pipeline.getMetadata().setGeneration(4L);
    assertThat(kstatus(pipeline)).isEqualTo("InProgress");
  }

  @Test
  void a_rollout_is_in_progress_though_ready() {
    OutboxPipeline pipeline = judged(ONE, surging(), Map.of());
    assertThat(condition(pipeline, "Ready")).isEqualTo("True");
    assertThat(kstatus(pipeline)).isEqualTo("InProgress");
  }

  @Test
  void a_bad_image_is_failed_though_the_old_pods_serve() {
    OutboxPipeline pipeline =
        judged(
            ONE,
            surging(),
            Map.of(Component.RELAY, new Trouble("ImagePullBackOff", "no such image", true)));
    assertThat(condition(pipeline, "Ready")).isEqualTo("True");
    assertThat(kstatus(pipeline)).isEqualTo("Failed");
  }

  @Test
  void a_pipeline_stopped_on_purpose_is_current() {
    assertThat(kstatus(judged("paused: true\n" + ONE, stopped(), Map.of()))).isEqualTo("Current");
    assertThat(kstatus(judged("relay: {partitions: 1, replicas: 0}", stopped(), Map.of())))
        .isEqualTo("Current");
  }

  /** By the rules of cli-utils' generic status, in their order. */
  private static String kstatus(OutboxPipeline pipeline) {
    Long observed = pipeline.status().observedGeneration();
    if (observed == null || !observed.equals(pipeline.getMetadata().getGeneration())) {
      return "InProgress";
    }
    if (condition(pipeline, "Reconciling").equals("True")) {
      return "InProgress";
    }
    if (condition(pipeline, "Stalled").equals("True")) {
      return "Failed";
    }
    String ready = condition(pipeline, "Ready");
    return ready.isEmpty() || ready.equals("True") ? "Current" : "InProgress";
  }

  private static String condition(OutboxPipeline pipeline, String type) {
    return pipeline.status().condition(type).map(c -> c.getStatus()).orElse("");
  }

  static OutboxPipeline judged(String spec, Deployment relay, Map<Component, Trouble> troubles) {
    OutboxPipeline pipeline = Pipelines.of(spec);
    var member = new MemberId("one");
    var report = new Report(Map.of("database", "ok", "queue", "ok"));
    var owned =
        new PipelineStatus(
            1,
            0,
            false,
            Map.of(0, member),
            Map.of(member, new PipelineStatus.Member(true, Heartbeat.State.LIVE, 1, 1, report)));
    var found =
        new Found(
            new QueueState.Ready(Pipelines.QUEUE),
            new OwnedPartitions.Observed(owned, false),
            Map.of(Component.RELAY, relay),
            troubles,
            new Sources(Map.of("database", "1"), Map.of()),
            Optional.empty(),
            Optional.empty());
    pipeline.setStatus(StatusOf.running(pipeline, found, Optional.of(Pipelines.QUEUE), NOW));
    return pipeline;
  }

  static Deployment rolled() {
    return deployment(1, 1, 1, 1);
  }

  static Deployment surging() {
    return deployment(1, 2, 1, 1);
  }

  static Deployment stopped() {
    return deployment(0, 0, 0, 0);
  }

  private static Deployment deployment(int wanted, int replicas, int available, int updated) {
    return new DeploymentBuilder()
        .withNewMetadata()
        .withGeneration(1L)
        .endMetadata()
        .withNewSpec()
        .withReplicas(wanted)
        .withNewTemplate()
        .withNewSpec()
        .addNewContainer()
        .withImage("image")
        .endContainer()
        .endSpec()
        .endTemplate()
        .endSpec()
        .withNewStatus()
        .withObservedGeneration(1L)
        .withReplicas(replicas)
        .withAvailableReplicas(available)
        .withReadyReplicas(available)
        .withUpdatedReplicas(updated)
        .endStatus()
        .build();
  }
}
