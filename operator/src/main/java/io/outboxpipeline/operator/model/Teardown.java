package io.outboxpipeline.operator.model;

import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.outboxpipeline.operator.api.BaseSpec;
import io.outboxpipeline.operator.api.OutboxPipelineSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/**
 * In which order a pipeline ends: the base stops, relays send what is committed, relay and consumer
 * stop, the queue goes if the spec says so, the rest follows.
 */
public sealed interface Teardown {

  /** The base is to stop, and is waited for. */
  record StopBase() implements Teardown {}

  /** Relays go on. */
  record Drain(Optional<Long> backlog) implements Teardown {}

  /** The namespace stops all pods by itself, and is waited for. */
  record NamespaceEnds() implements Teardown {}

  /** Relay and consumer are to stop, and are waited for. */
  record StopRest() implements Teardown {}

  /**
   * Nothing runs.
   *
   * @param lastTry whether the queue's time is over: if it can't be deleted now, it stays
   */
  record DeleteQueue(boolean lastTry) implements Teardown {}

  /**
   * How long the relays' count of what waits may be older than the base's end: they count every 15
   * s, tell it with a heartbeat, and the leases are read every few seconds.
   */
  Duration SETTLE = Duration.ofSeconds(25);

  /** Beyond their grace; pods on a node that is lost stop when the node is removed, or never. */
  Duration SPARE = Duration.ofSeconds(30);

  /** Whether a Deployment that is being deleted had time enough for its pods to stop. */
  static boolean isOverdue(Deployment deployment, Instant now) {
    String deletion = deployment.getMetadata().getDeletionTimestamp();
    if (deletion == null) {
      return false;
    }
    Long grace = deployment.getSpec().getTemplate().getSpec().getTerminationGracePeriodSeconds();
    return now.isAfter(Instant.parse(deletion).plusSeconds(grace == null ? 0 : grace).plus(SPARE));
  }

  /**
   * What comes next in a namespace that is being deleted: nothing can be started there, and its
   * pods stop in any case.
   */
  static Teardown withNamespace(
      OutboxPipelineSpec spec, Instant deletion, Set<Component> running, Instant now) {
    Instant drained = deletion.plus(spec.deletion().drain());
    return !running.isEmpty() && now.isBefore(drained)
        ? new NamespaceEnds()
        : new DeleteQueue(now.isAfter(drained.plus(spec.deletion().queue())));
  }

  /**
   * What comes next.
   *
   * @param running the components that still have a Deployment which is not overdue
   * @param backlog what relays said last, if they did
   * @param baseGoneSince since when there is no base
   */
  static Teardown next(
      OutboxPipelineSpec spec,
      Instant deletion,
      Set<Component> running,
      Optional<Long> backlog,
      Instant baseGoneSince,
      Instant now) {
    Instant drained =
        deletion
            .plus(spec.optionalBase().map(BaseSpec::grace).orElse(Duration.ZERO))
            .plus(spec.deletion().drain());
    if (running.contains(Component.BASE)) {
      return new StopBase();
    }
    boolean empty =
        backlog.filter(b -> b == 0).isPresent() && !now.isBefore(baseGoneSince.plus(SETTLE));
    if (running.contains(Component.RELAY)
        && spec.relay().replicas() > 0
        && !spec.paused()
        && !empty
        && now.isBefore(drained)) {
      return new Drain(backlog);
    }
    if (!running.isEmpty()) {
      return new StopRest();
    }
    return new DeleteQueue(now.isAfter(drained.plus(spec.deletion().queue())));
  }
}
