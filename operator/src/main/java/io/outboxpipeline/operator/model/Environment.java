package io.outboxpipeline.operator.model;

import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import io.outboxpipeline.operator.api.AwsCredentials;
import io.outboxpipeline.operator.api.BaseSpec;
import io.outboxpipeline.operator.api.ConfigMapKey;
import io.outboxpipeline.operator.api.ConsumerSpec;
import io.outboxpipeline.operator.api.DatabaseCredentials;
import io.outboxpipeline.operator.api.DatabaseSpec;
import io.outboxpipeline.operator.api.Durations;
import io.outboxpipeline.operator.api.LeaseSpec;
import io.outboxpipeline.operator.api.OutboxPipeline;
import io.outboxpipeline.operator.api.RelaySpec;
import io.outboxpipeline.operator.api.SecretKey;
import io.outboxpipeline.operator.api.TlsSpec;
import io.outboxpipeline.operator.api.WorkloadSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What a component's processes are told: settings in a ConfigMap, secrets by reference. */
final class Environment {
  private static final long MIN_SOCKET_TIMEOUT = 1000;

  private Environment() {}

  /** The ConfigMap's data. */
  static NavigableMap<String, String> settings(
      OutboxPipeline pipeline,
      Component component,
      WorkloadSpec workload,
      Optional<BoundQueue> queue) {
    var spec = pipeline.getSpec();
    var of = new TreeMap<String, String>();
    Components.database(spec, workload).ifPresent(database -> database(of, database));
    of.put("SERVER_MANAGEMENT_PORT", Integer.toString(component.management()));
    of.put("SERVER_SHUTDOWN_GRACE", workload.shutdownGrace());
    of.put("LOG_FORMAT", spec.log().format().name());
    of.put("LOG_LEVEL", spec.log().level().name());
    switch (workload) {
      case BaseSpec base -> {
        of.put("BASE_MIGRATE", base.migrate().toString());
        of.put("BASE_IDEMPOTENCY_RETENTION", base.idempotencyRetention());
      }
      case RelaySpec relay -> {
        queue(of, spec.queue().region(), spec.queue().endpoint(), queue);
        relay(of, pipeline.getMetadata().getName(), relay);
        if (spec.queue().fair()) {
          of.put("RELAY_FAIR", "true");
        }
      }
      case ConsumerSpec consumer -> {
        queue(of, spec.queue().region(), spec.queue().endpoint(), queue);
        queue.flatMap(BoundQueue::deadLetterUrl).ifPresent(u -> of.put("SQS_DEAD_LETTER_QUEUE", u));
        of.put("CONSUMER_MIGRATE", consumer.migrate().toString());
        of.put("CONSUMER_LOOPS", consumer.loops().toString());
        of.put("CONSUMER_START", start(consumer.start()));
      }
    }
    TableSettings.put(spec, workload, of);
    return of;
  }

  private static void database(Map<String, String> of, DatabaseSpec database) {
    of.put("MYSQL_HOST", database.host());
    of.put("MYSQL_PORT", database.port().toString());
    of.put("MYSQL_DATABASE", database.name());
    of.put("MYSQL_SSL_MODE", sslMode(database.tls().mode()));
  }

  private static void queue(
      Map<String, String> of,
      @Nullable String region,
      @Nullable String endpoint,
      Optional<BoundQueue> queue) {
    queue.ifPresent(q -> of.put("SQS_QUEUE", q.url()));
    if (region != null) {
      of.put("AWS_REGION", region);
    }
    if (endpoint != null) {
      of.put("AWS_ENDPOINT_URL_SQS", endpoint);
    }
  }

  private static void relay(Map<String, String> of, String pipeline, RelaySpec relay) {
    LeaseSpec lease = relay.lease();
    switch (lease.store()) {
      case Kubernetes -> {
        // The number of partitions is a record beside the leases, so that it changes without a
        // rollout.
        of.put("RELAY_LEASE_STORE", "kubernetes");
        of.put("RELAY_PIPELINE", pipeline);
      }
      case Database -> {
        of.put("RELAY_LEASE_STORE", "database");
        of.put("RELAY_PARTITIONS", relay.partitions().toString());
      }
    }
    of.put("RELAY_LEASE_DURATION", lease.leaseDuration());
    of.put("RELAY_RENEW_DEADLINE", lease.renewDeadline());
    of.put("RELAY_RETRY_PERIOD", lease.retryPeriod());
    // A statement that hangs must not outlast a lease.
    long lasts = Durations.parse(lease.leaseDuration()).toMillis();
    of.put("MYSQL_SOCKET_TIMEOUT", Math.max(MIN_SOCKET_TIMEOUT, lasts * 4 / 5) + "ms");
    of.put("RELAY_DRAIN_TIMEOUT", relay.drainTimeout());
    of.put("RELAY_CONCURRENCY", relay.concurrency().toString());
    of.put("RELAY_PACK_EVENTS", relay.packEvents().toString());
    of.put("RELAY_MAX_TRANSACTION", relay.maxTransaction());
    String source = relay.source();
    if (source != null) {
      of.put("RELAY_SOURCE", source);
    }
  }

  private static String sslMode(TlsSpec.Mode mode) {
    return switch (mode) {
      case Disabled -> "disabled";
      case Preferred -> "preferred";
      case Required -> "required";
      case VerifyCa -> "verify-ca";
      case VerifyIdentity -> "verify-identity";
    };
  }

  private static String start(ConsumerSpec.Start start) {
    return switch (start) {
      case AtOne -> "at-one";
      case AtFirstSeen -> "at-first-seen";
    };
  }

  /** What the ConfigMap can't have: secrets, the pod's own names, and what the spec adds. */
  static List<EnvVar> variables(
      OutboxPipeline pipeline, Component component, WorkloadSpec workload) {
    var spec = pipeline.getSpec();
    var of = new ArrayList<EnvVar>();
    Optional<DatabaseSpec> database = Components.database(spec, workload);
    database.map(DatabaseSpec::credentials).ifPresent(c -> of.addAll(login(c)));
    if (database.flatMap(d -> Migrator.credentials(d, component)).isPresent()) {
      of.add(new EnvVar("MIGRATE", "never", null));
    }
    Components.aws(spec, component).ifPresent(aws -> of.addAll(keys(aws)));
    Components.adminToken(workload)
        .ifPresent(t -> of.add(secret("ADMIN_TOKEN", t.secretName(), t.key())));
    Components.database(spec, workload).ifPresent(d -> of.addAll(Trust.variables(d.tls())));
    if (component == Component.RELAY) {
      of.add(field("POD_NAME", "metadata.name"));
      of.add(field("POD_UID", "metadata.uid"));
      of.add(field("POD_NAMESPACE", "metadata.namespace"));
    }
    return withAdded(of, workload.pod().env());
  }

  private static List<EnvVar> keys(AwsCredentials aws) {
    var of = new ArrayList<EnvVar>();
    of.add(secret("AWS_ACCESS_KEY_ID", aws.secretName(), aws.accessKeyIdKey()));
    of.add(secret("AWS_SECRET_ACCESS_KEY", aws.secretName(), aws.secretAccessKeyKey()));
    String token = aws.sessionTokenKey();
    if (token != null) {
      of.add(secret("AWS_SESSION_TOKEN", aws.secretName(), token));
    }
    return of;
  }

  /** As whom a process logs in. */
  static List<EnvVar> login(DatabaseCredentials credentials) {
    return List.of(
        secret("MYSQL_USER", credentials.secretName(), credentials.usernameKey()),
        secret("MYSQL_PASSWORD", credentials.secretName(), credentials.passwordKey()));
  }

  /**
   * With what the spec adds: once each, because the API server takes no name twice. The spec's
   * comes instead of ours.
   */
  static List<EnvVar> withAdded(
      List<EnvVar> ours, List<io.outboxpipeline.operator.api.EnvVar> theirs) {
    var of = new LinkedHashMap<String, EnvVar>();
    ours.forEach(v -> of.put(v.getName(), v));
    theirs.forEach(v -> of.put(v.name(), added(v)));
    return List.copyOf(of.values());
  }

  private static EnvVar added(io.outboxpipeline.operator.api.EnvVar variable) {
    SecretKey secret = variable.secret();
    if (secret != null) {
      return secret(variable.name(), secret.secretName(), secret.key());
    }
    ConfigMapKey configMap = variable.configMap();
    if (configMap != null) {
      return new EnvVarBuilder()
          .withName(variable.name())
          .withNewValueFrom()
          .withNewConfigMapKeyRef(configMap.key(), configMap.configMapName(), null)
          .endValueFrom()
          .build();
    }
    return new EnvVar(variable.name(), variable.value(), null);
  }

  static EnvVar secret(String name, String secret, String key) {
    return new EnvVarBuilder()
        .withName(name)
        .withNewValueFrom()
        .withNewSecretKeyRef(key, secret, null)
        .endValueFrom()
        .build();
  }

  private static EnvVar field(String name, String path) {
    return new EnvVarBuilder()
        .withName(name)
        .withNewValueFrom()
        .withNewFieldRef("v1", path)
        .endValueFrom()
        .build();
  }
}
