package io.outboxpipeline.operator.status;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.outboxpipeline.operator.api.OutboxPipeline;
import io.outboxpipeline.operator.api.OutboxPipelineStatus;
import io.outboxpipeline.operator.model.Component;
import io.outboxpipeline.operator.model.Notice;
import io.outboxpipeline.operator.model.Pipelines;
import io.outboxpipeline.operator.model.QueueState;
import io.outboxpipeline.operator.model.Sources;
import io.outboxpipeline.ownership.Heartbeat;
import io.outboxpipeline.ownership.MemberId;
import io.outboxpipeline.ownership.PipelineStatus;
import io.outboxpipeline.ownership.Report;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class StatusOfTest {
  private static final Instant NOW = Instant.parse("2030-01-01T00:00:00Z");
  private static final QueueState.Ready QUEUE = new QueueState.Ready(Pipelines.QUEUE);
  private static final Sources SECRETS =
      new Sources(Map.of("database", "1", "copy", "1"), Map.of());
  private static final String BOTH_ENDS =
      """
      base: {}
      relay: {partitions: 4}
      consumer: {database: {host: mysql, name: copy, credentials: {secretName: copy}}}
      """;

  @Test
  void ready_is_true_only_when_nothing_is_in_the_way() {
    OutboxPipeline pipeline = Pipelines.of(BOTH_ENDS);
    OwnedPartitions owned = owned(4, 4, "ok");
    assertThat(ready(pipeline, QUEUE, owned, up(), SECRETS)).isEqualTo("True Ready");
    assertThat(ready(pipeline, QUEUE, owned(4, 3, "ok"), up(), SECRETS))
        .isEqualTo("False PartitionsUnowned");
    assertThat(ready(pipeline, QUEUE, owned(8, 8, "ok"), up(), SECRETS))
        .isEqualTo("False Repartitioning");
    assertThat(ready(pipeline, QUEUE, owned(4, 4, "away"), up(), SECRETS))
        .isEqualTo("False DatabaseUnreachable");
    assertThat(ready(pipeline, QUEUE, owned(4, 4, "ok", "away"), up(), SECRETS))
        .isEqualTo("False QueueUnreachable");
    assertThat(ready(pipeline, QUEUE, new OwnedPartitions.Unknown(), up(), SECRETS))
        .startsWith("False");
    for (Component component : Component.values()) {
      var down = up();
      down.put(component, deployment(component, 1, 1, 0, 1, 1));
      assertThat(ready(pipeline, QUEUE, owned, down, SECRETS)).isEqualTo("False PodsNotReady");
      down.remove(component);
      assertThat(ready(pipeline, QUEUE, owned, down, SECRETS)).isEqualTo("False NotCreated");
    }
  }

  @Test
  void what_keeps_no_event_from_the_consumer_does_not_make_it_less_ready() {
    OutboxPipeline pipeline = Pipelines.of(BOTH_ENDS);
    OwnedPartitions owned = owned(4, 4, "ok");
    var throttled = new QueueState.Failed("QueueThrottled", "of the operator, not of the relays");
    assertThat(ready(pipeline, throttled, owned, up(), SECRETS)).isEqualTo("True Ready");
    assertThat(ready(pipeline, throttled, owned(4, 4, "away"), up(), SECRETS))
        .isEqualTo("False DatabaseUnreachable");
    assertThat(ready(pipeline, QUEUE, owned, up(), Pipelines.NOTHING))
        .as("a Secret that is gone while pods run with it")
        .isEqualTo("True Ready");
    OutboxPipeline one = Pipelines.of("relay: {partitions: 4, replicas: 1}");
    var unseen = Map.of(Component.RELAY, deployment(Component.RELAY, 2, 1, 1, 1, 1));
    var surging = Map.of(Component.RELAY, deployment(Component.RELAY, 2, 2, 1, 2, 1));
    assertThat(ready(one, QUEUE, owned, unseen, SECRETS)).isEqualTo("True Ready");
    assertThat(ready(one, QUEUE, owned, surging, SECRETS)).isEqualTo("True Ready");
    assertThat(says(one, QUEUE, owned, surging, "Reconciling")).isEqualTo("True RollingOut");
    OutboxPipeline noBase = Pipelines.of(BOTH_ENDS.replace("base: {}", "base: {replicas: 0}"));
    var stopped = up();
    stopped.put(Component.BASE, deployment(Component.BASE, 1, 0, 0, 1, 0));
    stopped.get(Component.BASE).getSpec().setReplicas(0);
    assertThat(ready(noBase, QUEUE, owned, stopped, SECRETS)).isEqualTo("True Ready");
  }

  @Test
  void a_new_leader_and_a_hand_over_are_no_news_until_they_last() {
    OutboxPipeline pipeline = Pipelines.of(BOTH_ENDS);
    OutboxPipelineStatus before = status(pipeline, QUEUE, owned(4, 4, "ok"), up(), SECRETS);
    pipeline.setStatus(before);
    OutboxPipelineStatus unread =
        status(pipeline, QUEUE, new OwnedPartitions.Unknown(), up(), SECRETS);
    assertThat(unread).isEqualTo(before);
    assertThat(ready(pipeline, QUEUE, owned(4, 1, "ok"), up(), SECRETS)).isEqualTo("True Ready");
    var lasting = new OwnedPartitions.Observed(observed(4, 1, "ok", "ok").status(), true);
    assertThat(ready(pipeline, QUEUE, lasting, up(), SECRETS)).isEqualTo("False PartitionsUnowned");
  }

  @Test
  void with_leases_in_the_database_the_relays_readiness_counts() {
    OutboxPipeline pipeline = Pipelines.of("relay: {lease: {store: Database}}");
    var relay = Map.of(Component.RELAY, deployment(Component.RELAY, 1, 1, 1, 1, 1));
    assertThat(ready(pipeline, QUEUE, new OwnedPartitions.InDatabase(), relay, SECRETS))
        .isEqualTo("True Ready");
  }

  @Test
  void a_pipeline_that_is_stopped_on_purpose_says_nothing_of_ready() {
    assertThat(ready(Pipelines.of("relay: {replicas: 0}"), QUEUE, owned(4, 4, "ok"), up(), SECRETS))
        .isEmpty();
    assertThat(
            ready(
                Pipelines.of("paused: true\n" + BOTH_ENDS),
                QUEUE,
                owned(4, 4, "ok"),
                up(),
                SECRETS))
        .isEmpty();
  }

  @Test
  void what_stays_keeps_its_time_and_the_same_finding_gives_the_same_status() {
    OutboxPipeline pipeline = Pipelines.of(BOTH_ENDS);
    var found = new Found(QUEUE, owned(4, 4, "ok"), up(), SECRETS);
    OutboxPipelineStatus first =
        StatusOf.running(pipeline, found, Optional.of(Pipelines.QUEUE), NOW);
    pipeline.setStatus(first);
    assertThat(
            StatusOf.running(pipeline, found, Optional.of(Pipelines.QUEUE), NOW.plusSeconds(100)))
        .isEqualTo(first);
    var worse =
        new Found(
            QUEUE,
            new OwnedPartitions.Observed(observed(4, 3, "ok", "ok").status(), true),
            up(),
            SECRETS);
    OutboxPipelineStatus second =
        StatusOf.running(pipeline, worse, Optional.of(Pipelines.QUEUE), NOW.plusSeconds(100));
    assertThat(second.condition("QueueReady")).isEqualTo(first.condition("QueueReady"));
    assertThat(second.condition("PartitionsOwned").map(Condition::getLastTransitionTime))
        .contains("2030-01-01T00:01:40Z");
    assertThat(Notices.between(first, second))
        .extracting(Notice::reason)
        .containsExactly("PartitionsUnowned");
    assertThat(Notices.between(first, first)).isEmpty();
  }

  private static String ready(
      OutboxPipeline pipeline,
      QueueState queue,
      OwnedPartitions partitions,
      Map<Component, Deployment> deployments,
      Sources sources) {
    return says(pipeline, queue, partitions, deployments, sources, "Ready");
  }

  private static String says(
      OutboxPipeline pipeline,
      QueueState queue,
      OwnedPartitions partitions,
      Map<Component, Deployment> deployments,
      String type) {
    return says(pipeline, queue, partitions, deployments, SECRETS, type);
  }

  private static String says(
      OutboxPipeline pipeline,
      QueueState queue,
      OwnedPartitions partitions,
      Map<Component, Deployment> deployments,
      Sources sources,
      String type) {
    return status(pipeline, queue, partitions, deployments, sources)
        .condition(type)
        .map(c -> c.getStatus() + " " + c.getReason())
        .orElse("");
  }

  private static OutboxPipelineStatus status(
      OutboxPipeline pipeline,
      QueueState queue,
      OwnedPartitions partitions,
      Map<Component, Deployment> deployments,
      Sources sources) {
    return StatusOf.running(
        pipeline,
        new Found(queue, partitions, deployments, sources),
        Optional.of(Pipelines.QUEUE),
        NOW);
  }

  private static OwnedPartitions owned(int partitions, int owned, String database) {
    return observed(partitions, owned, database, "ok");
  }

  private static OwnedPartitions owned(int partitions, int owned, String database, String queue) {
    return observed(partitions, owned, database, queue);
  }

  private static OwnedPartitions.Observed observed(
      int partitions, int owned, String database, String queue) {
    var member = new MemberId("one");
    var holders = new TreeMap<Integer, MemberId>();
    for (int p = 0; p < owned; p++) {
      holders.put(p, member);
    }
    return new OwnedPartitions.Observed(
        new PipelineStatus(
            partitions,
            0,
            false,
            holders,
            Map.of(
                member,
                new PipelineStatus.Member(
                    true,
                    Heartbeat.State.LIVE,
                    partitions,
                    owned,
                    new Report(Map.of("database", database, "queue", queue))))),
        false);
  }

  private static Map<Component, Deployment> up() {
    var up = new EnumMap<Component, Deployment>(Component.class);
    for (Component component : Component.values()) {
      up.put(component, deployment(component, 1, 1, 1, 1, 1));
    }
    return up;
  }

  private static Deployment deployment(
      Component component, long generation, int replicas, int available, long seen, int updated) {
    return new DeploymentBuilder()
        .withNewMetadata()
        .withName("orders-" + component.label())
        .withGeneration(generation)
        .endMetadata()
        .withNewSpec()
        .withReplicas(1)
        .withNewTemplate()
        .withNewSpec()
        .addNewContainer()
        .withImage("image")
        .endContainer()
        .endSpec()
        .endTemplate()
        .endSpec()
        .withNewStatus()
        .withObservedGeneration(seen)
        .withReplicas(replicas)
        .withAvailableReplicas(available)
        .withReadyReplicas(available)
        .withUpdatedReplicas(updated)
        .endStatus()
        .build();
  }
}
