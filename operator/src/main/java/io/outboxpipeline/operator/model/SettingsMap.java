package io.outboxpipeline.operator.model;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.outboxpipeline.operator.api.OutboxPipeline;
import java.util.NavigableMap;

/** The ConfigMap that a component's pods have as environment. */
final class SettingsMap {
  private SettingsMap() {}

  static ConfigMap configMap(
      OutboxPipeline pipeline, Component component, NavigableMap<String, String> settings) {
    return new ConfigMapBuilder()
        .withMetadata(Names.metadata(pipeline, component))
        .withData(settings)
        .build();
  }
}
