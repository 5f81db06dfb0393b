package io.outboxpipeline.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.outboxpipeline.ownership.CasOutcome;
import io.outboxpipeline.ownership.Heartbeat;
import io.outboxpipeline.ownership.Heartbeat.State;
import io.outboxpipeline.ownership.LeaseStore;
import io.outboxpipeline.ownership.LeaseStoreContract;
import io.outboxpipeline.ownership.LeaseTiming;
import io.outboxpipeline.ownership.MemberId;
import io.outboxpipeline.ownership.PartitionLease;
import io.outboxpipeline.ownership.Report;
import io.outboxpipeline.ownership.Snapshot;
import io.outboxpipeline.ownership.Version;
import io.outboxpipeline.ownership.WantedPartitions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceAccessMode;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.ResourceLockTarget;

/** The store on a real API server: the contract, and how it looks to people. */
@ResourceLock(
    value = ApiServer.RUNS,
    mode = ResourceAccessMode.READ,
    target = ResourceLockTarget.CHILDREN)
final class KubernetesLeaseStoreIT extends LeaseStoreContract {

  private static final MemberId A = new MemberId("relay-0.5f0c");

  private final ApiServer cluster = ApiServer.get();
  private final String namespace = cluster.namespace();
  private final List<KubernetesClient> clients = new ArrayList<>();

  @AfterEach
  void close() {
    clients.forEach(KubernetesClient::close);
  }

  @Override
  protected LeaseStore client() {
    // A connection of its own for some, and for many one: a client takes a while to start.
    if (clients.size() < 3) {
      clients.add(cluster.member(LeaseTiming.DEFAULT));
    }
    return ApiServer.store(
        clients.get((int) (Math.random() * clients.size())), namespace, LeaseTiming.DEFAULT);
  }

  @Test
  void of_a_pipeline_at_rest_only_heartbeats_are_read_until_one_of_them_says_anything_new() {
    LeaseStore store = client();
    WantedPartitions.set(store, 5);
    Heartbeat beat = written(store, beat());
    for (int p = 0; p < 5; p++) {
      store.write(new PartitionLease(p, Optional.of(A), Optional.empty(), 1, Version.NONE));
    }
    // With leases so long that a slow machine takes nobody for late.
    var timing =
        new LeaseTiming(Duration.ofMinutes(10), Duration.ofMinutes(5), Duration.ofSeconds(2));
    LeaseStore reader = ApiServer.store(clients.getFirst(), namespace, timing);
    Snapshot rests = reader.snapshot();
    assertThat(rests.leases()).hasSize(5);

    beat = written(store, next(beat, State.LIVE));
    cluster.client().leases().inNamespace(namespace).withName("spending-partition-0").delete();
    // From the API server's cache, which may lag.
    Heartbeat renewed = beat;
    await().until(() -> reader.snapshot().heartbeats().equals(List.of(renewed)));
    assertThat(reader.snapshot().leases()).as("not read again").isEqualTo(rests.leases());

    beat = written(store, next(beat, State.LEAVING));
    await().until(() -> reader.snapshot().leases().size() == 4);
    assertThat(reader.snapshot().heartbeats()).containsExactly(beat);
  }

  @Test
  void who_wrote_which_field_is_not_kept() {
    LeaseStore store = client();
    Heartbeat beat = written(store, beat());
    written(store, next(beat, State.LIVE));
    assertThat(cluster.client().leases().inNamespace(namespace).list().getItems())
        .singleElement()
        .satisfies(l -> assertThat(l.getMetadata().getManagedFields()).isEmpty());
  }

  private static Heartbeat next(Heartbeat h, State state) {
    return new Heartbeat(
        h.member(),
        h.incarnation(),
        h.renewals() + 1,
        state,
        h.partitions(),
        h.report(),
        h.version());
  }

  private static Heartbeat written(LeaseStore store, Heartbeat next) {
    var version = ((CasOutcome.Written) store.write(next)).version();
    return new Heartbeat(
        next.member(),
        next.incarnation(),
        next.renewals(),
        next.state(),
        next.partitions(),
        next.report(),
        version);
  }

  @Test
  void people_see_who_holds_what_by_the_label_of_the_pipeline() {
    LeaseStore store = client();
    store.write(beat());
    store.write(new PartitionLease(3, Optional.of(A), Optional.empty(), 7, Version.NONE));
    assertThat(
            cluster
                .client()
                .leases()
                .inNamespace(namespace)
                .withLabel("outboxpipeline.io/pipeline", "spending")
                .withLabel("outboxpipeline.io/lease", "partition")
                .list()
                .getItems())
        .singleElement()
        .satisfies(
            lease -> {
              assertThat(lease.getMetadata().getName()).isEqualTo("spending-partition-3");
              assertThat(lease.getSpec().getHolderIdentity()).isEqualTo(A.value());
              assertThat(lease.getSpec().getLeaseTransitions()).isEqualTo(7);
              assertThat(lease.getSpec().getRenewTime()).isNotNull();
              assertThat(lease.getMetadata().getAnnotations())
                  .containsEntry("outboxpipeline.io/epoch", "7");
              assertThat(lease.getMetadata().getLabels())
                  .containsEntry("app.kubernetes.io/managed-by", "outboxpipeline");
            });
  }

  @Test
  void a_heartbeat_keeps_its_owner_and_foreign_labels_when_it_is_seized_and_goes_with_its_pod() {
    Pod pod = pod("relay-0");
    KubernetesClient client = cluster.member(LeaseTiming.DEFAULT);
    clients.add(client);
    var store =
        new KubernetesLeaseStore(
            client,
            namespace,
            "spending",
            Optional.of(
                new KubernetesLeaseStore.Pod(
                    pod.getMetadata().getName(), pod.getMetadata().getUid())));
    store.write(beat());
    cluster
        .client()
        .resource(leaseOfMember())
        .edit(
            l -> {
              l.getMetadata().getLabels().put("team", "payments");
              return l;
            });

    LeaseStore other = client();
    Heartbeat seen = other.heartbeat(A).orElseThrow();
    var seized =
        new Heartbeat(
            A, seen.incarnation(), seen.renewals(), State.SEIZED, 5, Report.NONE, seen.version());
    assertThat(other.write(seized)).isInstanceOf(CasOutcome.Written.class);

    Lease lease = leaseOfMember();
    assertThat(lease.getMetadata().getLabels()).containsEntry("team", "payments");
    assertThat(lease.getMetadata().getOwnerReferences())
        .singleElement()
        .satisfies(o -> assertThat(o.getUid()).isEqualTo(pod.getMetadata().getUid()));

    cluster.client().resource(pod).withGracePeriod(0).delete();
    await().untilAsserted(() -> assertThat(store.heartbeat(A)).isEmpty());
  }

  @Test
  void in_a_storm_of_conflicts_every_write_that_succeeded_was_on_what_was_there() throws Exception {
    int clientCount = 6;
    int writesEach = 25;
    client().write(new PartitionLease(0, Optional.empty(), Optional.empty(), 0, Version.NONE));
    var conflicts = new AtomicInteger();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var done = new ArrayList<Future<?>>();
      for (int i = 0; i < clientCount; i++) {
        LeaseStore store = client();
        done.add(
            threads.submit(
                () -> {
                  for (int written = 0; written < writesEach; ) {
                    PartitionLease l = store.snapshot().leases().getFirst();
                    var next =
                        new PartitionLease(
                            0, Optional.of(A), Optional.empty(), l.epoch() + 1, l.version());
                    switch (store.write(next)) {
                      case CasOutcome.Written _ -> written++;
                      case CasOutcome.Conflict() -> conflicts.incrementAndGet();
                    }
                  }
                }));
      }
      for (Future<?> f : done) {
        f.get();
      }
    }
    assertThat(conflicts).as("conflicts").hasPositiveValue();
    assertThat(client().snapshot().leases().getFirst().epoch())
        .isEqualTo((long) clientCount * writesEach);
  }

  @Test
  void another_pipeline_of_the_namespace_and_foreign_leases_are_not_seen() {
    client().write(beat());
    var other =
        new KubernetesLeaseStore(clients.getFirst(), namespace, "spending-2", Optional.empty());
    assertThat(other.snapshot()).isEqualTo(new Snapshot(List.of(), List.of(), Optional.empty()));
    assertThat(other.write(beat())).isInstanceOf(CasOutcome.Written.class);
    assertThat(client().snapshot().heartbeats()).hasSize(1);
  }

  @Test
  void a_lease_that_somebody_edited_into_nonsense_is_still_read() {
    LeaseStore store = client();
    store.write(new PartitionLease(3, Optional.of(A), Optional.of(A), 7, Version.NONE));
    cluster
        .client()
        .leases()
        .inNamespace(namespace)
        .withName("spending-partition-3")
        .edit(
            l -> {
              l.getMetadata().setAnnotations(Map.of("outboxpipeline.io/epoch", "many"));
              l.setSpec(null);
              return l;
            });
    PartitionLease read = store.snapshot().leases().getFirst();
    assertThat(read.holder()).isEmpty();
    assertThat(read.epoch()).isZero();
    assertThat(
            store.write(new PartitionLease(3, Optional.of(A), Optional.empty(), 8, read.version())))
        .isInstanceOf(CasOutcome.Written.class);
  }

  /** One that no node will ever run. */
  private Pod pod(String name) {
    Pod pod =
        new PodBuilder()
            .withNewMetadata()
            .withName(name)
            .withNamespace(namespace)
            .endMetadata()
            .withNewSpec()
            .addToNodeSelector("no", "where")
            .addNewContainer()
            .withName("relay")
            .withImage("none")
            .endContainer()
            .endSpec()
            .build();
    // The namespace's service account takes a moment.
    return await()
        .ignoreExceptions()
        .until(() -> cluster.client().resource(pod).create(), Objects::nonNull);
  }

  private Lease leaseOfMember() {
    return cluster
        .client()
        .leases()
        .inNamespace(namespace)
        .withLabel("outboxpipeline.io/lease", "member")
        .list()
        .getItems()
        .getFirst();
  }

  private static Heartbeat beat() {
    return new Heartbeat(A, "one", 1, State.LIVE, 5, Report.NONE, Version.NONE);
  }
}
