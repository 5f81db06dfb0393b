package io.outboxpipeline.operator.model;

import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.outboxpipeline.operator.api.CertificateAuthority;
import io.outboxpipeline.operator.api.TlsSpec;
import io.outboxpipeline.operator.api.TrustStore;
import java.util.List;
import java.util.Optional;

/** How a component's pods get the authorities that they trust for the database, and it alone. */
final class Trust {
  /** Where they are mounted. */
  static final String FOLDER = "/run/outboxpipeline/trust";

  private Trust() {}

  /** What the processes are told. */
  static List<EnvVar> variables(TlsSpec tls) {
    CertificateAuthority authority = tls.certificateAuthority();
    TrustStore store = tls.trustStore();
    if (authority != null) {
      return List.of(new EnvVar("MYSQL_CA_FILE", FOLDER + "/" + authority.key(), null));
    }
    if (store != null) {
      return List.of(
          new EnvVar("MYSQL_TRUST_STORE", FOLDER + "/" + store.key(), null),
          new EnvVarBuilder()
              .withName("MYSQL_TRUST_STORE_PASSWORD")
              .withNewValueFrom()
              .withNewSecretKeyRef(store.passwordKey(), store.secretName(), null)
              .endValueFrom()
              .build());
    }
    return List.of();
  }

  /** The volume to be mounted there, if there is one. */
  static Optional<Volume> volume(String name, TlsSpec tls) {
    Optional<String> secret = secret(tls);
    Optional<String> configMap = configMap(tls);
    if (secret.isPresent()) {
      return Optional.of(
          new VolumeBuilder()
              .withName(name)
              .withNewSecret()
              .withSecretName(secret.get())
              .addNewItem()
              .withKey(key(tls))
              .withPath(key(tls))
              .endItem()
              .endSecret()
              .build());
    }
    return configMap.map(
        of ->
            new VolumeBuilder()
                .withName(name)
                .withNewConfigMap()
                .withName(of)
                .addNewItem()
                .withKey(key(tls))
                .withPath(key(tls))
                .endItem()
                .endConfigMap()
                .build());
  }

  private static String key(TlsSpec tls) {
    CertificateAuthority authority = tls.certificateAuthority();
    TrustStore store = tls.trustStore();
    return authority != null ? authority.key() : store != null ? store.key() : "";
  }

  /** The Secret that it comes from. */
  static Optional<String> secret(TlsSpec tls) {
    TrustStore store = tls.trustStore();
    return Optional.ofNullable(tls.certificateAuthority())
        .flatMap(a -> Optional.ofNullable(a.secretName()))
        .or(() -> Optional.ofNullable(store).map(TrustStore::secretName));
  }

  /** The ConfigMap that it comes from. */
  static Optional<String> configMap(TlsSpec tls) {
    return Optional.ofNullable(tls.certificateAuthority())
        .flatMap(a -> Optional.ofNullable(a.configMapName()));
  }
}
