package io.outboxpipeline.operator.model;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.outboxpipeline.operator.api.DatabaseCredentials;
import io.outboxpipeline.operator.api.DatabaseSpec;
import io.outboxpipeline.operator.api.OutboxPipeline;
import io.outboxpipeline.operator.api.WorkloadSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The container that brings tables up to date before the service starts, as a user of its own. In
 * each pod, because a new template must not serve before its tables are there; several at once are
 * safe.
 */
final class Migrator {
  private static final String NAME = "migrate";

  private Migrator() {}

  /** As whom it logs in; empty if the spec names nobody, or the component has no tables. */
  static Optional<DatabaseCredentials> credentials(DatabaseSpec database, Component component) {
    return component == Component.RELAY
        ? Optional.empty()
        : Optional.ofNullable(database.migrator());
  }

  /** The container, if there is to be one. */
  static List<Container> of(
      OutboxPipeline pipeline,
      Component component,
      WorkloadSpec spec,
      String image,
      List<VolumeMount> mounts) {
    return Components.database(pipeline.getSpec(), spec)
        .flatMap(
            database ->
                credentials(database, component).map(login -> variables(spec, database, login)))
        .map(
            variables ->
                new ContainerBuilder()
                    .withName(NAME)
                    .withImage(image)
                    .withImagePullPolicy(spec.imagePullPolicy().name())
                    .withTerminationMessagePolicy("FallbackToLogsOnError")
                    .withEnvFrom(spec.pod().envFrom())
                    .addNewEnvFrom()
                    .withNewConfigMapRef()
                    .withName(Names.of(pipeline, component))
                    .endConfigMapRef()
                    .endEnvFrom()
                    .withEnv(variables)
                    .withResources(PodTemplate.resources(spec))
                    .withVolumeMounts(mounts)
                    .withSecurityContext(PodTemplate.restricted())
                    .build())
        .map(List::of)
        .orElse(List.of());
  }

  private static List<EnvVar> variables(
      WorkloadSpec spec, DatabaseSpec database, DatabaseCredentials credentials) {
    var ours = new ArrayList<>(Environment.login(credentials));
    ours.addAll(Trust.variables(database.tls()));
    var of = new ArrayList<>(Environment.withAdded(ours, spec.pod().env()));
    of.removeIf(v -> v.getName().equals("MIGRATE"));
    of.add(new EnvVar("MIGRATE", "only", null));
    return of;
  }
}
