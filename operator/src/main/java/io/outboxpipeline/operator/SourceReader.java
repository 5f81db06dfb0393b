package io.outboxpipeline.operator;

import io.fabric8.kubernetes.api.model.Secret;
import io.outboxpipeline.operator.api.AwsCredentials;
import io.outboxpipeline.operator.api.DynamoDbSpec;
import io.outboxpipeline.operator.api.OutboxPipeline;
import io.outboxpipeline.operator.api.QueueSpec;
import io.outboxpipeline.operator.model.Digest;
import io.outboxpipeline.operator.model.References;
import io.outboxpipeline.operator.model.Sources;
import io.outboxpipeline.operator.queue.Access;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Reads the Secrets and ConfigMaps that a pipeline refers to. */
final class SourceReader {

  /** The operator may not or can't look at the queue as the spec says. */
  static final class CredentialsMissing extends Exception {
    private static final long serialVersionUID = 1;

    CredentialsMissing(String message) {
      super(message);
    }
  }

  private SourceReader() {}

  /** Digests of what the pipeline refers to. */
  static Sources sources(OutboxPipeline pipeline, ReferredObjects objects) {
    String namespace = pipeline.getMetadata().getNamespace();
    References names = References.of(pipeline.getSpec());
    var secrets = new TreeMap<String, String>();
    for (String name : names.secrets()) {
      objects
          .secret(namespace, name)
          .ifPresent(
              s -> secrets.put(name, Digest.of(s.getMetadata().getUid(), orEmpty(s.getData()))));
    }
    var configMaps = new TreeMap<String, String>();
    for (String name : names.configMaps()) {
      objects
          .configMap(namespace, name)
          .ifPresent(
              map -> {
                var content = new TreeMap<>(orEmpty(map.getData()));
                content.putAll(orEmpty(map.getBinaryData()));
                configMaps.put(name, Digest.of("configMap", content));
              });
    }
    return new Sources(secrets, configMaps);
  }

  private static Map<String, String> orEmpty(@Nullable Map<String, String> data) {
    return data == null ? Map.of() : data;
  }

  /** How the queue is reached. */
  static Access access(OutboxPipeline pipeline, ReferredObjects objects) throws CredentialsMissing {
    QueueSpec queue = pipeline.getSpec().queue();
    return new Access(
        Optional.ofNullable(queue.region()),
        Optional.ofNullable(queue.endpoint()),
        keys(pipeline, queue.credentials(), "spec.queue.credentials", objects));
  }

  /** How the tables are reached. */
  static Access access(OutboxPipeline pipeline, DynamoDbSpec tables, ReferredObjects objects)
      throws CredentialsMissing {
    return new Access(
        Optional.ofNullable(tables.region()),
        Optional.ofNullable(tables.endpoint()),
        keys(pipeline, tables.credentials(), "spec.dynamodb.credentials", objects));
  }

  private static Optional<Access.Keys> keys(
      OutboxPipeline pipeline,
      @Nullable AwsCredentials credentials,
      String field,
      ReferredObjects objects)
      throws CredentialsMissing {
    if (credentials == null) {
      return Optional.empty();
    }
    Secret secret =
        objects
            .secret(pipeline.getMetadata().getNamespace(), credentials.secretName())
            .orElseThrow(
                () ->
                    new CredentialsMissing(
                        "create the Secret %s in this namespace, or leave out %s"
                            .formatted(credentials.secretName(), field)));
    String token = credentials.sessionTokenKey();
    return Optional.of(
        new Access.Keys(
            value(secret, credentials.accessKeyIdKey()),
            new io.outboxpipeline.runtime.Secret(value(secret, credentials.secretAccessKeyKey())),
            token == null
                ? Optional.empty()
                : Optional.of(new io.outboxpipeline.runtime.Secret(value(secret, token)))));
  }

  private static String value(Secret secret, String key) throws CredentialsMissing {
    String encoded = orEmpty(secret.getData()).get(key);
    if (encoded == null || encoded.isEmpty()) {
      throw new CredentialsMissing(
          "the Secret %s has no key %s".formatted(secret.getMetadata().getName(), key));
    }
    return new String(Base64.getDecoder().decode(encoded), StandardCharsets.UTF_8).strip();
  }
}
