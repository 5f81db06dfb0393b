package io.outboxpipeline.kubernetes;

import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseList;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.NonNamespaceOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.outboxpipeline.ownership.CasOutcome;
import io.outboxpipeline.ownership.Heartbeat;
import io.outboxpipeline.ownership.LeaseStore;
import io.outboxpipeline.ownership.LeaseTiming;
import io.outboxpipeline.ownership.MemberId;
import io.outboxpipeline.ownership.PartitionLease;
import io.outboxpipeline.ownership.RestingReads;
import io.outboxpipeline.ownership.Snapshot;
import io.outboxpipeline.ownership.StoreException;
import io.outboxpipeline.ownership.Version;
import io.outboxpipeline.ownership.WantedPartitions;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Heartbeats and leases as {@code coordination.k8s.io/v1} Lease objects of one namespace, those of
 * a pipeline found by the label {@code outboxpipeline.io/pipeline}.
 *
 * <p>A snapshot is one list, read from the API server as of the moment of the request; of a
 * pipeline at rest, where {@link RestingReads} allow, a short list from the API server's cache. A
 * write is one request that names the uid and the resource version that it replaces. Thread-safe.
 */
public final class KubernetesLeaseStore implements LeaseStore {

  /** The pod whose heartbeat this is: when it goes, so does the heartbeat. */
  public record Pod(String name, String uid) {

    private OwnerReference reference() {
      return new OwnerReferenceBuilder()
          .withApiVersion("v1")
          .withKind("Pod")
          .withName(name)
          .withUid(uid)
          .build();
    }
  }

  private static final PatchContext MERGE = PatchContext.of(PatchType.JSON_MERGE);

  private final KubernetesClient client;
  private final boolean ownsClient;
  private final NonNamespaceOperation<Lease, LeaseList, Resource<Lease>> leases;
  private final LeaseObjects objects;
  private final String pipeline;
  private final Optional<OwnerReference> pod;
  private final InstantSource clock;
  private final Optional<RestingReads> resting;

  /**
   * A store on somebody's client, which {@link #close} leaves open, that reads everything each
   * time. A member's client should be made with {@link #config}.
   *
   * @param pipeline 1 to 63 characters: a-z, 0-9 and -
   * @param pod the member's own, for the heartbeats that this store creates; empty outside of pods
   */
  public KubernetesLeaseStore(
      KubernetesClient client, String namespace, String pipeline, Optional<Pod> pod) {
    this(client, false, namespace, pipeline, pod, Optional.empty());
  }

  /**
   * A store on somebody's client, which {@link #close} leaves open, that reads little while the
   * pipeline rests.
   *
   * @param timing the members' own
   */
  public KubernetesLeaseStore(
      KubernetesClient client,
      String namespace,
      String pipeline,
      Optional<Pod> pod,
      LeaseTiming timing) {
    this(client, false, namespace, pipeline, pod, Optional.of(timing));
  }

  private KubernetesLeaseStore(
      KubernetesClient client,
      boolean ownsClient,
      String namespace,
      String pipeline,
      Optional<Pod> pod,
      Optional<LeaseTiming> timing) {
    this.client = client;
    this.ownsClient = ownsClient;
    this.pipeline = pipeline;
    this.pod = pod.map(Pod::reference);
    objects = new LeaseObjects(namespace, pipeline);
    leases = client.leases().inNamespace(namespace);
    clock = InstantSource.system();
    resting = timing.map(t -> new RestingReads(t.leaseDuration()));
  }

  /** A member's store with a client of its own, found as the Kubernetes client always does. */
  public static KubernetesLeaseStore open(
      String namespace, String pipeline, Optional<Pod> pod, LeaseTiming timing) {
    KubernetesClient client =
        new KubernetesClientBuilder()
            .withConfig(config(Config.autoConfigure(null), timing))
            .build();
    try {
      return new KubernetesLeaseStore(client, true, namespace, pipeline, pod, Optional.of(timing));
    } catch (RuntimeException e) {
      client.close();
      throw e;
    }
  }

  /**
   * The given configuration with what a member needs: time-outs well below a lease, and no retries,
   * as a write that is done and sent again would find itself in the way.
   */
  public static Config config(Config from, LeaseTiming timing) {
    int timeout = Math.toIntExact(timing.retryPeriod().multipliedBy(2).toMillis());
    return new ConfigBuilder(from)
        .withConnectionTimeout(timeout)
        .withRequestTimeout(timeout)
        .withRequestRetryBackoffLimit(0)
        .build();
  }

  /** A list of 64 partitions costs an API server about 5 ms of a core. */
  @Override
  public Duration pollPeriod() {
    return Duration.ofMillis(200);
  }

  @Override
  public Snapshot snapshot() {
    return resting.isPresent() ? snapshot(resting.get()) : all();
  }

  private Snapshot snapshot(RestingReads reads) {
    RestingReads.Ticket ticket = reads.begin(System.nanoTime());
    if (ticket.brief()) {
      Optional<Snapshot> brief = reads.brief(ticket, brief(), System.nanoTime());
      if (brief.isPresent()) {
        return brief.get();
      }
      ticket = reads.begin(System.nanoTime());
    }
    return reads.all(ticket, all(), System.nanoTime());
  }

  private Snapshot all() {
    return call(
        "read the leases",
        () ->
            objects.snapshot(leases.withLabel(LeaseObjects.PIPELINE, pipeline).list().getItems()));
  }

  /** Without the partitions, as the API server remembers it, however long ago that was. */
  private Snapshot brief() {
    return call(
        "read the heartbeats",
        () ->
            objects.snapshot(
                leases
                    .withLabel(LeaseObjects.PIPELINE, pipeline)
                    .withLabelIn(LeaseObjects.KIND, LeaseObjects.brief())
                    .list(new ListOptionsBuilder().withResourceVersion("0").build())
                    .getItems()));
  }

  /** A write that is no renewal. */
  private CasOutcome told(Supplier<CasOutcome> write) {
    resting.ifPresent(RestingReads::wrote);
    try {
      return write.get();
    } finally {
      resting.ifPresent(RestingReads::wrote);
    }
  }

  @Override
  public Optional<Heartbeat> heartbeat(MemberId member) {
    return call(
        "read the heartbeat of " + member,
        () ->
            Optional.ofNullable(leases.withName(objects.memberName(member)).get())
                .flatMap(objects::heartbeat));
  }

  @Override
  public CasOutcome write(Heartbeat next) {
    // Nothing that rests changes with a renewal, neither one's own nor, as nobody writes those,
    // another's.
    return next.state() == Heartbeat.State.LIVE ? put(next) : told(() -> put(next));
  }

  private CasOutcome put(Heartbeat next) {
    return next.version().equals(Version.NONE)
        ? create(objects.created(next, pod, clock.instant()))
        : replace(objects.memberName(next.member()), objects.patch(next, clock.instant()));
  }

  @Override
  public CasOutcome delete(Heartbeat stored) {
    return told(() -> delete(objects.memberName(stored.member()), stored.version()));
  }

  @Override
  public CasOutcome write(PartitionLease next) {
    return told(() -> put(next));
  }

  private CasOutcome put(PartitionLease next) {
    return next.version().equals(Version.NONE)
        ? create(objects.created(next, clock.instant()))
        : replace(objects.partitionName(next.partition()), objects.patch(next, clock.instant()));
  }

  @Override
  public CasOutcome delete(PartitionLease stored) {
    return told(() -> delete(objects.partitionName(stored.partition()), stored.version()));
  }

  @Override
  public CasOutcome write(WantedPartitions next) {
    return told(() -> put(next));
  }

  private CasOutcome put(WantedPartitions next) {
    return next.version().equals(Version.NONE)
        ? create(objects.created(next, clock.instant()))
        : replace(objects.partitionsName(), objects.patch(next, clock.instant()));
  }

  private CasOutcome create(Lease lease) {
    String name = lease.getMetadata().getName();
    return cas(
        "create the lease " + name,
        HttpURLConnection.HTTP_CONFLICT,
        () -> LeaseObjects.version(leases.resource(lease).create()));
  }

  private CasOutcome replace(String name, String patch) {
    // With the item given, the client patches without reading it first.
    return cas(
        "write the lease " + name,
        HttpURLConnection.HTTP_NOT_FOUND,
        () -> LeaseObjects.version(leases.resource(objects.named(name)).patch(MERGE, patch)));
  }

  private CasOutcome delete(String name, Version version) {
    return call(
        "delete the lease " + name,
        () -> {
          try {
            // Nothing in the answer: there was nothing.
            return leases
                    .resource(objects.named(name))
                    .lockResourceVersion(LeaseObjects.resourceVersion(version))
                    .delete()
                    .isEmpty()
                ? new CasOutcome.Conflict()
                : new CasOutcome.Written(Version.NONE);
          } catch (KubernetesClientException e) {
            if (e.getCode() == HttpURLConnection.HTTP_CONFLICT) {
              return new CasOutcome.Conflict();
            }
            throw e;
          }
        });
  }

  private static CasOutcome cas(String what, int alsoConflict, Supplier<Version> write) {
    return call(
        what,
        () -> {
          try {
            return new CasOutcome.Written(write.get());
          } catch (KubernetesClientException e) {
            if (e.getCode() == HttpURLConnection.HTTP_CONFLICT || e.getCode() == alsoConflict) {
              return new CasOutcome.Conflict();
            }
            throw e;
          }
        });
  }

  private static <T> T call(String what, Supplier<T> call) {
    try {
      return call.get();
    } catch (KubernetesClientException e) {
      throw new StoreException("cannot " + what, e);
    }
  }

  /** Closes the client if this store made it. */
  @Override
  public void close() {
    if (ownsClient) {
      client.close();
    }
  }
}
