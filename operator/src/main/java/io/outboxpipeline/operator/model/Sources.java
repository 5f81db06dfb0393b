package io.outboxpipeline.operator.model;

import java.util.Map;

/**
 * The Secrets and ConfigMaps that a pipeline refers to, as far as they exist.
 *
 * @param secrets name to a digest of the content that says nothing of it
 * @param configMaps name to a digest of the content
 */
public record Sources(Map<String, String> secrets, Map<String, String> configMaps) {

  public Sources {
    secrets = Map.copyOf(secrets);
    configMaps = Map.copyOf(configMaps);
  }
}
