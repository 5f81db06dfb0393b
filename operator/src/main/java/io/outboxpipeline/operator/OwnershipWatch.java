package io.outboxpipeline.operator;

import static java.lang.System.Logger.Level.WARNING;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.outboxpipeline.kubernetes.KubernetesLeaseStore;
import io.outboxpipeline.operator.api.Durations;
import io.outboxpipeline.operator.api.LeaseSpec;
import io.outboxpipeline.operator.api.OutboxPipeline;
import io.outboxpipeline.operator.api.RelaySpec;
import io.outboxpipeline.operator.status.OwnedPartitions;
import io.outboxpipeline.ownership.Assigner;
import io.outboxpipeline.ownership.LeaseStore;
import io.outboxpipeline.ownership.LeaseTiming;
import io.outboxpipeline.ownership.PipelineStatus;
import io.outboxpipeline.ownership.Snapshot;
import io.outboxpipeline.ownership.Version;
import io.outboxpipeline.ownership.WantedPartitions;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;

/**
 * Follows each pipeline's leases beside the reconciles: says how many partitions there shall be and
 * who shall own which, and tells when what a status shows has changed. Relays go on without it.
 * Thread-safe.
 */
final class OwnershipWatch implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(OwnershipWatch.class.getName());

  /** Between two looks while all is settled. */
  private static final Duration CALM = Duration.ofSeconds(5);

  /** How many lease durations a hand-over may take: one until a death is seen, one to take over. */
  private static final int PATIENCE = 2;

  /** How many read at once: each list is up to 300 objects. */
  private static final int AT_ONCE = 16;

  private final KubernetesClient client;
  private final Consumer<ResourceID> changed;
  private final Semaphore turns = new Semaphore(AT_ONCE);
  private final ConcurrentHashMap<String, Follower> followers = new ConcurrentHashMap<>();

  /**
   * @param changed told of pipelines whose ownership or reports have changed
   */
  OwnershipWatch(KubernetesClient client, Consumer<ResourceID> changed) {
    this.client = client;
    this.changed = changed;
  }

  /** What is known now; follows the pipeline from now on. */
  OwnedPartitions observe(OutboxPipeline pipeline) {
    RelaySpec relay = pipeline.getSpec().relay();
    String uid = pipeline.getMetadata().getUid();
    if (relay.lease().store() == LeaseSpec.Store.Database) {
      return new OwnedPartitions.InDatabase();
    }
    Follower follower =
        followers.compute(
            uid,
            (key, there) -> {
              if (there != null && there.timing.equals(timing(relay.lease()))) {
                there.wanted = relay.partitions();
                return there;
              }
              if (there != null) {
                there.thread.interrupt();
              }
              return new Follower(pipeline);
            });
    return follower.last;
  }

  /** To be told of pipelines that are gone; writes nothing more for it once this returns. */
  void forget(String uid) {
    Follower follower = followers.remove(uid);
    if (follower != null) {
      follower.thread.interrupt();
      try {
        follower.thread.join(CALM);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public void close() {
    followers.keySet().forEach(this::forget);
  }

  private static LeaseTiming timing(LeaseSpec lease) {
    return new LeaseTiming(
        Durations.parse(lease.leaseDuration()),
        Durations.parse(lease.renewDeadline()),
        Durations.parse(lease.retryPeriod()));
  }

  /** One pipeline's. */
  private final class Follower {
    private final ResourceID id;
    private final LeaseTiming timing;
    private final LeaseStore store;
    private final Assigner assigner;
    private final Thread thread;
    private volatile int wanted;
    private volatile OwnedPartitions last = new OwnedPartitions.Unknown();
    private OptionalLong unsettledSince = OptionalLong.empty();
    private boolean failed;

    Follower(OutboxPipeline pipeline) {
      var meta = pipeline.getMetadata();
      id = ResourceID.fromResource(pipeline);
      timing = timing(pipeline.getSpec().relay().lease());
      wanted = pipeline.getSpec().relay().partitions();
      store =
          new KubernetesLeaseStore(
              client, meta.getNamespace(), meta.getName(), Optional.empty(), timing);
      assigner = new Assigner(timing, System::nanoTime);
      thread = Thread.ofVirtual().name("ownership-" + meta.getName()).start(this::run);
    }

    private void run() {
      try {
        while (true) {
          boolean settled = look();
          Duration retry = timing.retryPeriod();
          Thread.sleep(settled && retry.compareTo(CALM) < 0 ? CALM : retry);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    /** Whether nothing is on its way. */
    private boolean look() throws InterruptedException {
      turns.acquire();
      try {
        Snapshot snapshot = store.snapshot();
        Optional<WantedPartitions> record = snapshot.wanted();
        if (record.filter(w -> w.count() == wanted).isEmpty()) {
          store.write(
              new WantedPartitions(
                  wanted, record.map(WantedPartitions::version).orElse(Version.NONE)));
        }
        Assigner.Plan plan = assigner.plan(snapshot);
        plan.targets().forEach(store::write);
        failed = false;
        boolean settled = isSettled(plan.status());
        long now = System.nanoTime();
        if (settled) {
          unsettledSince = OptionalLong.empty();
        } else if (unsettledSince.isEmpty()) {
          unsettledSince = OptionalLong.of(now);
        }
        boolean lasting =
            unsettledSince.isPresent()
                && now - unsettledSince.getAsLong() > PATIENCE * timing.leaseDuration().toNanos();
        tell(new OwnedPartitions.Observed(plan.status(), lasting));
        return settled;
      } catch (RuntimeException e) {
        if (!failed) {
          LOG.log(WARNING, "can''t follow the leases of {0}, tries again: {1}", id, e.getMessage());
        }
        failed = true;
        return true;
      } finally {
        turns.release();
      }
    }

    private void tell(OwnedPartitions now) {
      boolean news = !now.equals(last);
      last = now;
      if (news) {
        changed.accept(id);
      }
    }

    private boolean isSettled(PipelineStatus status) {
      return status.moving() == 0
          && status.unowned() == 0
          && !status.repartitioning()
          && status.partitions() == wanted;
    }
  }
}
