package io.outboxpipeline.operator;

import io.outboxpipeline.operator.model.Images;
import io.outboxpipeline.operator.queue.QueueRules;
import io.outboxpipeline.runtime.ServerSettings;
import io.outboxpipeline.runtime.Settings;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * All that the operator is told.
 *
 * @param namespaces whose pipelines it runs; empty for all
 * @param images of components whose spec names none
 * @param election with which other operators it elects a leader; empty when it is alone
 * @param cluster tells the queues of pipelines with the same name in several clusters apart; empty
 *     for the cluster's own id
 * @param queueRules which queues pipelines may name
 * @param resync how often everything is looked at although nothing happened, the queue too
 * @param sqsTimeout how long one call to SQS may take
 * @param rollouts of how many pipelines the pods are replaced at once for a new operator's sake
 */
public record OperatorSettings(
    ServerSettings server,
    Set<String> namespaces,
    Images images,
    Optional<Election> election,
    String cluster,
    QueueRules queueRules,
    Duration resync,
    Duration sqsTimeout,
    int rollouts) {

  /**
   * Leader election by a Lease.
   *
   * @param namespace where the Lease is
   * @param identity this process, unlike any other
   */
  public record Election(String namespace, String lease, String identity) {}

  private static final String REPOSITORY = "outboxpipeline";

  /** Reads and checks them. */
  public static OperatorSettings read(Settings s) {
    String version =
        Optional.ofNullable(OperatorSettings.class.getPackage().getImplementationVersion())
            .orElse("latest");
    var settings =
        new OperatorSettings(
            ServerSettings.read(s, 8080),
            namespaces(s),
            new Images(
                image(s, "base", version),
                image(s, "relay", version),
                image(s, "consumer", version),
                image(s, "console", version)),
            election(s),
            s.text("operator.cluster", "OPERATOR_CLUSTER", ""),
            queueRules(s),
            s.duration(
                "operator.resync",
                "OPERATOR_RESYNC",
                Duration.ofMinutes(5),
                Duration.ofSeconds(1),
                Duration.ofHours(24)),
            s.duration(
                "operator.sqs-timeout",
                "OPERATOR_SQS_TIMEOUT",
                Duration.ofSeconds(10),
                Duration.ofMillis(100),
                Duration.ofMinutes(5)),
            s.integer("operator.rollouts", "OPERATOR_ROLLOUTS", 10, 1, 10_000));
    s.check();
    return settings;
  }

  private static String image(Settings s, String component, String version) {
    return s.text(
        "operator.image." + component,
        "OPERATOR_IMAGE_" + component.toUpperCase(java.util.Locale.ROOT),
        REPOSITORY + "/" + component + ":" + version);
  }

  private static QueueRules queueRules(Settings s) {
    try {
      return QueueRules.parse(s.text("operator.queues", "OPERATOR_QUEUES", ""));
    } catch (IllegalArgumentException e) {
      s.problem("operator.queues", "OPERATOR_QUEUES", "is no list of rules: " + e.getMessage());
      return QueueRules.NONE;
    }
  }

  static Set<String> namespaces(Settings s) {
    var names = new TreeSet<String>();
    Arrays.stream(s.text("operator.namespaces", "OPERATOR_NAMESPACES", "").split(","))
        .map(String::strip)
        .filter(n -> !n.isEmpty())
        .forEach(names::add);
    return names;
  }

  private static Optional<Election> election(Settings s) {
    if (!s.flag("operator.leader-election", "OPERATOR_LEADER_ELECTION", false)) {
      return Optional.empty();
    }
    return Optional.of(
        new Election(
            s.requiredText("operator.namespace", "POD_NAMESPACE"),
            s.text("operator.lease", "OPERATOR_LEASE", "outboxpipeline-operator"),
            s.requiredText("operator.pod-name", "POD_NAME")));
  }
}
