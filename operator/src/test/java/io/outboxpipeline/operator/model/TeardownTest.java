package io.outboxpipeline.operator.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.outboxpipeline.operator.api.OutboxPipelineSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class TeardownTest {
  private static final Instant DELETION = Instant.parse("2030-01-01T00:00:00Z");
  private static final OutboxPipelineSpec SPEC =
      Pipelines.of(
              """
              base: {shutdownGrace: 25s}
              relay: {replicas: 2}
              deletion: {drainTimeout: 2m, queueTimeout: 5m}
              """)
          .getSpec();
  private static final Set<Component> ALL = EnumSet.allOf(Component.class);
  private static final Set<Component> REST = EnumSet.of(Component.RELAY, Component.CONSUMER);

  @Test
  void the_base_stops_first() {
    assertThat(at(SPEC, 0, ALL, Optional.of(0L), 0)).isInstanceOf(Teardown.StopBase.class);
  }

  @Test
  void relays_go_on_while_something_waits() {
    assertThat(at(SPEC, 100, REST, Optional.of(1L), 10)).isInstanceOf(Teardown.Drain.class);
  }

  @Test
  void an_old_count_of_nothing_is_not_believed() {
    assertThat(at(SPEC, 30, REST, Optional.of(0L), 10)).isInstanceOf(Teardown.Drain.class);
    assertThat(at(SPEC, 36, REST, Optional.of(0L), 10)).isInstanceOf(Teardown.StopRest.class);
  }

  @Test
  void draining_ends_in_time_whatever_waits() {
    assertThat(at(SPEC, 144, REST, Optional.of(9L), 10)).isInstanceOf(Teardown.Drain.class);
    assertThat(at(SPEC, 145, REST, Optional.of(9L), 10)).isInstanceOf(Teardown.StopRest.class);
    assertThat(at(SPEC, 145, REST, Optional.empty(), 10)).isInstanceOf(Teardown.StopRest.class);
  }

  @Test
  void without_relays_nothing_is_waited_for() {
    OutboxPipelineSpec paused = Pipelines.of("paused: true").getSpec();
    OutboxPipelineSpec none = Pipelines.of("relay: {replicas: 0}").getSpec();
    assertThat(at(paused, 1, REST, Optional.of(9L), 0)).isInstanceOf(Teardown.StopRest.class);
    assertThat(at(none, 1, REST, Optional.of(9L), 0)).isInstanceOf(Teardown.StopRest.class);
  }

  @Test
  void the_queue_goes_last_and_holds_up_the_end_for_its_time_only() {
    assertThat(at(SPEC, 100, Set.of(), Optional.empty(), 10))
        .isEqualTo(new Teardown.DeleteQueue(false));
    assertThat(at(SPEC, 446, Set.of(), Optional.empty(), 10))
        .isEqualTo(new Teardown.DeleteQueue(true));
  }

  @Test
  void pods_on_a_lost_node_hold_up_the_end_no_longer_than_stopping_may_take() {
    var deployment =
        new DeploymentBuilder()
            .withNewMetadata()
            .endMetadata()
            .withNewSpec()
            .withNewTemplate()
            .withNewSpec()
            .withTerminationGracePeriodSeconds(30L)
            .endSpec()
            .endTemplate()
            .endSpec()
            .build();
    assertThat(Teardown.isOverdue(deployment, DELETION.plusSeconds(1000))).isFalse();
    deployment.getMetadata().setDeletionTimestamp(DELETION.toString());
    assertThat(Teardown.isOverdue(deployment, DELETION.plusSeconds(60))).isFalse();
    assertThat(Teardown.isOverdue(deployment, DELETION.plusSeconds(61))).isTrue();
  }

  private static Teardown at(
      OutboxPipelineSpec spec,
      int seconds,
      Set<Component> running,
      Optional<Long> backlog,
      int baseGone) {
    return Teardown.next(
        spec,
        DELETION,
        running,
        backlog,
        DELETION.plus(Duration.ofSeconds(baseGone)),
        DELETION.plus(Duration.ofSeconds(seconds)));
  }
}
