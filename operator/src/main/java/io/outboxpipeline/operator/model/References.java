package io.outboxpipeline.operator.model;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvFromSource;
import io.outboxpipeline.operator.api.AwsCredentials;
import io.outboxpipeline.operator.api.ConfigMapKey;
import io.outboxpipeline.operator.api.ConsumerSpec;
import io.outboxpipeline.operator.api.DatabaseCredentials;
import io.outboxpipeline.operator.api.EnvVar;
import io.outboxpipeline.operator.api.OutboxPipelineSpec;
import io.outboxpipeline.operator.api.SecretKey;
import io.outboxpipeline.operator.api.WorkloadSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeSet;

/** Which Secrets and ConfigMaps a spec refers to, by name. */
public record References(NavigableSet<String> secrets, NavigableSet<String> configMaps) {

  /** Of the whole pipeline. */
  public static References of(OutboxPipelineSpec spec) {
    var all = new References(new TreeSet<>(), new TreeSet<>());
    for (Component component : Component.values()) {
      Components.spec(spec, component).ifPresent(w -> all.add(of(spec, component, w)));
    }
    spec.optionalConsole().ifPresent(c -> Consoles.references(c, all));
    AwsCredentials aws = spec.queue().credentials();
    if (aws != null) {
      all.secrets.add(aws.secretName());
    }
    spec.optionalDynamoDb()
        .flatMap(d -> Optional.ofNullable(d.credentials()))
        .ifPresent(c -> all.secrets.add(c.secretName()));
    return all;
  }

  /** None, to which some are added. */
  static References none() {
    return new References(new TreeSet<>(), new TreeSet<>());
  }

  /** Of one component's pods. */
  static References of(OutboxPipelineSpec spec, Component component, WorkloadSpec workload) {
    var of = new References(new TreeSet<>(), new TreeSet<>());
    Components.database(spec, workload)
        .ifPresent(
            database -> {
              of.secrets.add(database.credentials().secretName());
              Migrator.credentials(database, component)
                  .map(DatabaseCredentials::secretName)
                  .ifPresent(of.secrets::add);
              Trust.secret(database.tls()).ifPresent(of.secrets::add);
              Trust.configMap(database.tls()).ifPresent(of.configMaps::add);
            });
    Components.aws(spec, component).ifPresent(aws -> of.secrets.add(aws.secretName()));
    Components.adminToken(workload).map(SecretKey::secretName).ifPresent(of.secrets::add);
    for (EnvVar variable : workload.pod().env()) {
      SecretKey secret = variable.secret();
      ConfigMapKey configMap = variable.configMap();
      if (secret != null) {
        of.secrets.add(secret.secretName());
      }
      if (configMap != null) {
        of.configMaps.add(configMap.configMapName());
      }
    }
    of.add(workload.pod().envFrom());
    workload.pod().sidecars().forEach(of::add);
    return of;
  }

  /** Of a container as Kubernetes has it. */
  private void add(Container container) {
    add(container.getEnvFrom());
    container.getEnv().stream()
        .flatMap(v -> Optional.ofNullable(v.getValueFrom()).stream())
        .forEach(
            v -> {
              if (v.getSecretKeyRef() != null) {
                secrets.add(v.getSecretKeyRef().getName());
              }
              if (v.getConfigMapKeyRef() != null) {
                configMaps.add(v.getConfigMapKeyRef().getName());
              }
            });
  }

  private void add(List<EnvFromSource> sources) {
    for (EnvFromSource source : sources) {
      if (source.getSecretRef() != null) {
        secrets.add(source.getSecretRef().getName());
      }
      if (source.getConfigMapRef() != null) {
        configMaps.add(source.getConfigMapRef().getName());
      }
    }
  }

  private void add(References other) {
    secrets.addAll(other.secrets);
    configMaps.addAll(other.configMaps);
  }

  /** Those of the Secrets with the database's user and password that are not among these. */
  public static List<String> missing(OutboxPipelineSpec spec, Sources found) {
    var missing = new ArrayList<String>();
    var needed = new TreeSet<String>();
    spec.optionalDatabase().map(d -> d.credentials().secretName()).ifPresent(needed::add);
    spec.optionalConsumer()
        .map(ConsumerSpec::database)
        .map(d -> d.credentials().secretName())
        .ifPresent(needed::add);
    for (String name : needed) {
      if (!found.secrets().containsKey(name)) {
        missing.add(name);
      }
    }
    return missing;
  }
}
