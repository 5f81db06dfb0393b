package io.outboxpipeline.operator.status;

import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStateWaiting;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentCondition;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Why the pods of a rollout do not come, in the words of what stops them. */
public final class PodTroubles {
  private static final int WORDS = 400;

  /** What the kubelet waits for and never gets without a person. */
  private static final Set<String> IMAGE =
      Set.of("ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull");

  private static final Set<String> WAITING =
      Set.of(
          "ErrImagePull",
          "CrashLoopBackOff",
          "CreateContainerConfigError",
          "CreateContainerError",
          "RunContainerError");

  private PodTroubles() {}

  /** Whether it is worth while to look at a component's pods. */
  public static boolean isUnfinished(Deployment deployment) {
    return !Rollout.of(deployment).complete();
  }

  /**
   * Whether a rollout gets on: pods that fail after it was complete are none, and neither is one
   * that has made no progress for as long as its Deployment allows.
   */
  public static boolean isRolling(Deployment deployment) {
    return !Rollout.of(deployment).current()
        || condition(deployment, "Progressing", "True")
            .filter(c -> !"NewReplicaSetAvailable".equals(c.getReason()))
            .isPresent();
  }

  /**
   * What keeps a rollout that is not complete.
   *
   * @param pods those of the Deployment
   */
  public static Optional<Trouble> of(Deployment deployment, List<Pod> pods) {
    if (!isUnfinished(deployment)) {
      return Optional.empty();
    }
    List<Trouble> each =
        pods.stream()
            .filter(p -> p.getMetadata().getDeletionTimestamp() == null)
            .flatMap(p -> of(p).stream())
            .toList();
    // One that never ends by itself says more than one that may.
    Optional<Trouble> pod =
        each.stream().filter(Trouble::stalled).findFirst().or(() -> each.stream().findFirst());
    Optional<DeploymentCondition> late =
        condition(deployment, "Progressing", "False").filter(c -> isLate(c));
    if (pod.isPresent()) {
      return pod.map(t -> late.isEmpty() ? t : new Trouble(t.reason(), t.message(), true));
    }
    return condition(deployment, "ReplicaFailure", "True")
        .map(c -> new Trouble("ReplicaFailure", cut(c.getMessage()), true))
        .or(
            () ->
                late.map(
                    c ->
                        new Trouble(
                            "ProgressDeadlineExceeded",
                            cut(c.getMessage())
                                + "; kubectl describe deployment "
                                + deployment.getMetadata().getName(),
                            true)));
  }

  private static boolean isLate(DeploymentCondition condition) {
    return "ProgressDeadlineExceeded".equals(condition.getReason());
  }

  private static Optional<DeploymentCondition> condition(
      Deployment deployment, String type, String status) {
    if (deployment.getStatus() == null) {
      return Optional.empty();
    }
    return deployment.getStatus().getConditions().stream()
        .filter(c -> type.equals(c.getType()) && status.equals(c.getStatus()))
        .findFirst();
  }

  private static Optional<Trouble> of(Pod pod) {
    String name = pod.getMetadata().getName();
    if (pod.getStatus() == null) {
      return Optional.empty();
    }
    return Stream.concat(
            pod.getStatus().getInitContainerStatuses().stream(),
            pod.getStatus().getContainerStatuses().stream())
        .flatMap(c -> of(name, c).stream())
        .findFirst()
        .or(
            () ->
                pod.getStatus().getConditions().stream()
                    .filter(PodTroubles::isUnschedulable)
                    .findFirst()
                    .map(
                        c ->
                            new Trouble(
                                "Unschedulable",
                                cut("pod %s: %s".formatted(name, c.getMessage())),
                                false)));
  }

  private static boolean isUnschedulable(PodCondition condition) {
    return "PodScheduled".equals(condition.getType())
        && "False".equals(condition.getStatus())
        && "Unschedulable".equals(condition.getReason());
  }

  private static Optional<Trouble> of(String pod, ContainerStatus container) {
    ContainerState state = container.getState();
    ContainerStateWaiting waiting = state == null ? null : state.getWaiting();
    if (waiting == null || waiting.getReason() == null) {
      return Optional.empty();
    }
    String reason = waiting.getReason();
    if (!IMAGE.contains(reason) && !WAITING.contains(reason)) {
      return Optional.empty();
    }
    String said = waiting.getMessage() == null ? "" : waiting.getMessage();
    ContainerState last = container.getLastState();
    ContainerStateTerminated ended = last == null ? null : last.getTerminated();
    if (ended != null) {
      String words = ended.getMessage() == null ? "" : ended.getMessage().strip();
      said =
          "exit code %s%s; kubectl logs --previous %s"
              .formatted(
                  ended.getExitCode(),
                  words.isEmpty() ? "" : ", its last words: " + tail(words),
                  pod);
    }
    return Optional.of(
        new Trouble(
            reason,
            cut("pod %s, image %s: %s".formatted(pod, container.getImage(), said)),
            IMAGE.contains(reason)));
  }

  /** The end of it: what comes last says why. */
  private static String tail(String words) {
    String line = words.replaceAll("\\s+", " ");
    return line.length() <= WORDS / 2 ? line : "…" + line.substring(line.length() - WORDS / 2);
  }

  private static String cut(String words) {
    return words.length() <= WORDS ? words : words.substring(0, WORDS - 1) + "…";
  }
}
