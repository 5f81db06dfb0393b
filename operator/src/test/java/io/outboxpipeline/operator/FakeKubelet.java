package io.outboxpipeline.operator;

import static java.util.Objects.requireNonNull;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.outboxpipeline.ownership.LeaseTiming;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Predicate;

/**
 * Makes the pods of one namespace ready as soon as they are there, and has a member of the pipeline
 * for each pod of a relay, as long as the pod lives. For pods that no node may run.
 */
final class FakeKubelet implements AutoCloseable {
  static final LeaseTiming TIMING =
      new LeaseTiming(Duration.ofSeconds(6), Duration.ofSeconds(4), Duration.ofSeconds(1));

  private final KubernetesClient client;
  private final String namespace;
  private final LeaseTiming timing;
  private final Predicate<Pod> hasImage;
  private final SharedIndexInformer<Pod> pods;
  private final ExecutorService work = Executors.newVirtualThreadPerTaskExecutor();
  private final Map<String, FakeRelay.MemoryFence> fences = new ConcurrentHashMap<>();
  private final Map<String, FakeRelay> relays = new ConcurrentHashMap<>();

  FakeKubelet(KubernetesClient client, String namespace, LeaseTiming timing) {
    this(client, namespace, timing, pod -> true);
  }

  /**
   * @param hasImage of which pods the image can be had
   */
  FakeKubelet(
      KubernetesClient client, String namespace, LeaseTiming timing, Predicate<Pod> hasImage) {
    this.client = client;
    this.hasImage = hasImage;
    this.namespace = namespace;
    this.timing = timing;
    pods = client.pods().inNamespace(namespace).inform(new Pods());
  }

  /** The member of this pod. */
  FakeRelay relay(String pod) {
    return requireNonNull(relays.get(pod), pod);
  }

  private void start(Pod pod) {
    if (!hasImage.test(pod)) {
      hasNoImage(pod);
      return;
    }
    var meta = pod.getMetadata();
    if ("relay".equals(meta.getLabels().get("app.kubernetes.io/component"))) {
      String pipeline = requireNonNull(meta.getLabels().get("outboxpipeline.io/pipeline"));
      relays.computeIfAbsent(
          meta.getName(),
          name ->
              new FakeRelay(
                  client,
                  namespace,
                  pipeline,
                  name,
                  timing,
                  fences.computeIfAbsent(pipeline, p -> new FakeRelay.MemoryFence())));
    }
    ready(client, pod);
  }

  /** As the kubelet of a node would, if there was one that this pod may run on. */
  static void ready(KubernetesClient client, Pod pod) {
    try {
      client
          .resource(pod)
          .subresource("status")
          .patch(
              PatchContext.of(PatchType.STRATEGIC_MERGE),
              """
              {"status": {"phase": "Running", "conditions":
                [{"type": "Ready", "status": "True", "lastTransitionTime": "%s"}]}}
              """
                  .formatted(Instant.now()));
    } catch (KubernetesClientException e) {
      if (e.getCode() != 404) {
        throw e;
      }
    }
  }

  private void hasNoImage(Pod pod) {
    client
        .resource(pod)
        .subresource("status")
        .patch(
            PatchContext.of(PatchType.STRATEGIC_MERGE),
            """
            {"status": {"phase": "Pending", "containerStatuses": [{"name": "%s", "image": "none",
              "imageID": "", "ready": false, "restartCount": 0,
              "state": {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}}]}}
            """
                .formatted(pod.getSpec().getContainers().getFirst().getName()));
  }

  private void end(Pod pod) {
    FakeRelay relay = relays.remove(pod.getMetadata().getName());
    if (relay != null) {
      relay.close();
    }
  }

  @Override
  public void close() {
    pods.close();
    relays.values().forEach(r -> work.execute(r::close));
    work.close();
  }

  private final class Pods implements ResourceEventHandler<Pod> {
    @Override
    public void onAdd(Pod pod) {
      work.execute(() -> start(pod));
    }

    @Override
    public void onUpdate(Pod before, Pod pod) {}

    @Override
    public void onDelete(Pod pod, boolean finalStateUnknown) {
      work.execute(() -> end(pod));
    }
  }
}
