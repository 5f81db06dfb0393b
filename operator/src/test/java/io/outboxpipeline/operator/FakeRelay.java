package io.outboxpipeline.operator;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.outboxpipeline.kubernetes.KubernetesLeaseStore;
import io.outboxpipeline.ownership.Fence;
import io.outboxpipeline.ownership.Grant;
import io.outboxpipeline.ownership.Layout;
import io.outboxpipeline.ownership.LeaseTiming;
import io.outboxpipeline.ownership.MemberId;
import io.outboxpipeline.ownership.Ownership;
import io.outboxpipeline.ownership.PartitionWork;
import io.outboxpipeline.ownership.Partitions;
import io.outboxpipeline.ownership.RaiseOutcome;
import io.outboxpipeline.ownership.Report;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.stream.LongStream;

/** A real member with nothing to send: for pods that no image can be pulled for. */
final class FakeRelay implements AutoCloseable {
  private final CompletableFuture<Ownership> ownership = new CompletableFuture<>();
  private volatile Map<String, String> report = Map.of("database", "ok", "backlog", "0");

  FakeRelay(
      KubernetesClient client,
      String namespace,
      String pipeline,
      String member,
      LeaseTiming timing,
      Fence fence) {
    ownership.complete(
        Ownership.start(
            new Ownership.Settings(new MemberId(member), OptionalInt.empty(), timing),
            new KubernetesLeaseStore(client, namespace, pipeline, Optional.empty(), timing),
            fence,
            new Work(),
            () -> new Report(report)));
  }

  void says(Map<String, String> next) {
    report = next;
  }

  int owned() {
    return ownership.join().status().owned().size();
  }

  @Override
  public void close() {
    try {
      ownership.join().leave(Duration.ofSeconds(5));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private final class Work implements PartitionWork {
    @Override
    public void start(Grant grant) {}

    @Override
    public void drain(Grant grant) {
      ownership.thenAccept(o -> o.drained(grant)).join();
    }

    @Override
    public void abandon(Grant grant) {}
  }

  /** Epochs in memory, for all relays of a pipeline. */
  static final class MemoryFence implements Fence {
    private long[] epochs = {};

    @Override
    public synchronized Layout layout() {
      return new Layout(epochs.length, LongStream.of(epochs).sum());
    }

    @Override
    public synchronized boolean lay(Layout seen, int partitions) {
      if (!seen.equals(layout())) {
        return false;
      }
      long next = LongStream.of(epochs).max().orElse(0) + 1;
      epochs = new long[partitions];
      Arrays.fill(epochs, next);
      return true;
    }

    @Override
    public synchronized RaiseOutcome raise(MemberId owner, Grant grant) {
      int p = grant.partition();
      if (p >= epochs.length || !Partitions.range(p, epochs.length).equals(grant.slots())) {
        return new RaiseOutcome.Repartitioned();
      }
      if (epochs[p] >= grant.epoch()) {
        return new RaiseOutcome.Stale(epochs[p]);
      }
      epochs[p] = grant.epoch();
      return new RaiseOutcome.Raised();
    }
  }
}
