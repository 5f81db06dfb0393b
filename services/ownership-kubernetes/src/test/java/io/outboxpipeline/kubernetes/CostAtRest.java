package io.outboxpipeline.kubernetes;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.outboxpipeline.ownership.Assigner;
import io.outboxpipeline.ownership.Fence;
import io.outboxpipeline.ownership.Grant;
import io.outboxpipeline.ownership.Layout;
import io.outboxpipeline.ownership.LeaseTiming;
import io.outboxpipeline.ownership.MemberId;
import io.outboxpipeline.ownership.Ownership;
import io.outboxpipeline.ownership.PartitionWork;
import io.outboxpipeline.ownership.RaiseOutcome;
import io.outboxpipeline.ownership.Report;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;

/**
 * What pipelines at rest, each with two relays, 64 partitions and an operator that looks every 5 s,
 * cost the processes of an API server: no test, but the program behind the figures of
 * docs/benchmarks. Arguments: kubeconfig, pipelines, seconds, "full" or "resting", process ids.
 */
final class CostAtRest {
  private static final LeaseTiming TIMING = LeaseTiming.DEFAULT;
  private static final Report REPORT =
      new Report(
          Map.of(
              "backlog", "0",
              "database", "ok",
              "held-aggregates", "0",
              "oldest-seconds", "0",
              "queue", "ok",
              "undeleted", "0",
              "version", "0.1.0"));

  private CostAtRest() {}

  public static void main(String[] args) throws IOException, InterruptedException {
    Config config =
        KubernetesLeaseStore.config(
            Config.fromKubeconfig(Files.readString(Path.of(args[0]))), TIMING);
    int pipelines = Integer.parseInt(args[1]);
    boolean resting = args[3].equals("resting");
    List<String> processes = Arrays.asList(args).subList(4, args.length);
    var members = new ArrayList<Ownership>();
    var clients = new ArrayList<KubernetesClient>();
    try {
      for (int i = 0; i < pipelines; i++) {
        // A connection carries a hundred requests at once.
        if (i % 10 == 0) {
          clients.add(new KubernetesClientBuilder().withConfig(config).build());
        }
        KubernetesClient client = clients.getLast();
        String namespace = "cost-" + System.currentTimeMillis() / 1000 + "-" + i;
        client
            .resource(
                new NamespaceBuilder().withNewMetadata().withName(namespace).endMetadata().build())
            .create();
        var fence = new MemoryFence();
        for (int relay = 0; relay < 2; relay++) {
          members.add(member(store(client, namespace, resting), fence, relay));
        }
        KubernetesLeaseStore watched = store(client, namespace, resting);
        Thread.ofVirtual().start(() -> operator(watched));
      }
      while (!members.stream().allMatch(m -> m.status().owned().size() == 32)) {
        Thread.sleep(1000);
      }
      Thread.sleep(20_000);
      List<Double> before = processes.stream().map(CostAtRest::cpuSeconds).toList();
      long from = System.nanoTime();
      Thread.sleep(Integer.parseInt(args[2]) * 1000L);
      double took = (System.nanoTime() - from) / 1e9;
      for (int i = 0; i < processes.size(); i++) {
        System.out.printf(
            Locale.ROOT,
            "%d pipelines, %s: process %s used %.3f cores%n",
            pipelines,
            args[3],
            processes.get(i),
            (cpuSeconds(processes.get(i)) - before.get(i)) / took);
      }
    } finally {
      members.forEach(Ownership::close);
      clients.forEach(KubernetesClient::close);
    }
  }

  private static KubernetesLeaseStore store(
      KubernetesClient client, String namespace, boolean resting) {
    return resting
        ? new KubernetesLeaseStore(client, namespace, "spending", Optional.empty(), TIMING)
        : new KubernetesLeaseStore(client, namespace, "spending", Optional.empty());
  }

  private static void operator(KubernetesLeaseStore store) {
    var assigner = new Assigner(TIMING, System::nanoTime);
    try {
      while (true) {
        assigner.assign(store);
        Thread.sleep(Duration.ofSeconds(5));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static Ownership member(KubernetesLeaseStore store, Fence fence, int number) {
    var started = new CompletableFuture<Ownership>();
    started.complete(
        Ownership.start(
            new Ownership.Settings(
                new MemberId("spending-relay-6c7d9f8-x2x" + number + ".0f8e8b1e-3c1c-4a8c"),
                OptionalInt.empty(),
                TIMING),
            store,
            fence,
            new PartitionWork() {
              @Override
              public void start(Grant grant) {}

              @Override
              public void drain(Grant grant) {
                started.thenAccept(o -> o.drained(grant)).join();
              }

              @Override
              public void abandon(Grant grant) {}
            },
            () -> REPORT));
    return started.join();
  }

  /** Of a process, from Linux's own account. */
  private static double cpuSeconds(String process) {
    try {
      String stat = Files.readString(Path.of("/proc", process, "stat"));
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
      return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / 100.0;
    } catch (IOException e) {
      throw new IllegalArgumentException(e);
    }
  }

  /** Epochs that only grow. */
  private static final class MemoryFence implements Fence {
    private long[] epochs = {};

    @Override
    public synchronized Layout layout() {
      return new Layout(epochs.length, Arrays.stream(epochs).sum());
    }

    @Override
    public synchronized boolean lay(Layout seen, int partitions) {
      if (!seen.equals(layout())) {
        return false;
      }
      epochs = new long[partitions];
      return true;
    }

    @Override
    public synchronized RaiseOutcome raise(MemberId owner, Grant grant) {
      if (grant.partition() >= epochs.length) {
        return new RaiseOutcome.Repartitioned();
      }
      if (epochs[grant.partition()] >= grant.epoch()) {
        return new RaiseOutcome.Stale(epochs[grant.partition()]);
      }
      epochs[grant.partition()] = grant.epoch();
      return new RaiseOutcome.Raised();
    }
  }
}
