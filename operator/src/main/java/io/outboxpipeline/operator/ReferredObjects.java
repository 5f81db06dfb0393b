package io.outboxpipeline.operator;

import static java.lang.System.Logger.Level.WARNING;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.outboxpipeline.operator.api.OutboxPipeline;
import io.outboxpipeline.operator.model.References;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/**
 * The Secrets and ConfigMaps that pipelines name: each is watched by its name alone, because the
 * others of a cluster are many and large. Thread-safe.
 */
final class ReferredObjects implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(ReferredObjects.class.getName());

  /** How long the first look at one may take, in seconds. */
  private static final long FIRST_LOOK = 5;

  private final KubernetesClient client;
  private final Consumer<ResourceID> changed;
  private final ConcurrentHashMap<Key, Followed<?>> followed = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<ResourceID, Set<Key>> named = new ConcurrentHashMap<>();

  private record Key(Class<? extends HasMetadata> kind, ResourceID id) {}

  /**
   * @param changed told of pipelines that name an object which has changed
   */
  ReferredObjects(KubernetesClient client, Consumer<ResourceID> changed) {
    this.client = client;
    this.changed = changed;
  }

  /** Follows what this pipeline names, and no longer what it does not name any more. */
  void follow(OutboxPipeline pipeline) {
    ResourceID user = ResourceID.fromResource(pipeline);
    String namespace = pipeline.getMetadata().getNamespace();
    References names = References.of(pipeline.getSpec());
    var keys = new HashSet<Key>();
    names.secrets().forEach(n -> keys.add(new Key(Secret.class, new ResourceID(n, namespace))));
    names
        .configMaps()
        .forEach(n -> keys.add(new Key(ConfigMap.class, new ResourceID(n, namespace))));
    Set<Key> before = named.put(user, keys);
    keys.forEach(
        key ->
            followed.compute(
                key,
                (k, there) -> {
                  Followed<?> one = there == null ? new Followed<>(k.kind(), k.id()) : there;
                  one.users.add(user);
                  return one;
                }));
    if (before != null) {
      before.stream().filter(k -> !keys.contains(k)).forEach(k -> release(k, user));
    }
  }

  /** To be told of pipelines that are gone. */
  void forget(ResourceID pipeline) {
    Set<Key> keys = named.remove(pipeline);
    if (keys != null) {
      keys.forEach(k -> release(k, pipeline));
    }
  }

  private void release(Key key, ResourceID user) {
    followed.computeIfPresent(
        key,
        (k, there) -> {
          there.users.remove(user);
          if (there.users.isEmpty()) {
            there.informer.stop();
            return null;
          }
          return there;
        });
  }

  /** The Secret, if it is there and followed. */
  Optional<Secret> secret(String namespace, String name) {
    return get(Secret.class, namespace, name);
  }

  /** The ConfigMap, if it is there and followed. */
  Optional<ConfigMap> configMap(String namespace, String name) {
    return get(ConfigMap.class, namespace, name);
  }

  private <R extends HasMetadata> Optional<R> get(Class<R> kind, String namespace, String name) {
    Followed<?> one = followed.get(new Key(kind, new ResourceID(name, namespace)));
    return one == null
        ? Optional.empty()
        : one.informer.getStore().list().stream().findFirst().map(kind::cast);
  }

  @Override
  public void close() {
    named.keySet().forEach(this::forget);
  }

  /** One object. */
  private final class Followed<R extends HasMetadata> implements ResourceEventHandler<R> {
    private final Set<ResourceID> users = ConcurrentHashMap.newKeySet();
    private final SharedIndexInformer<R> informer;
    private volatile boolean looked;

    Followed(Class<R> kind, ResourceID id) {
      informer =
          client
              .resources(kind)
              .inNamespace(id.getNamespace().orElseThrow())
              .withName(id.getName())
              .runnableInformer(0);
      informer.addEventHandler(this);
      // A right that is taken and given back must not end it.
      informer.exceptionHandler((started, e) -> true);
      try {
        informer.start().toCompletableFuture().get(FIRST_LOOK, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } catch (ExecutionException | TimeoutException e) {
        // It goes on trying, and tells when it is there.
        LOG.log(WARNING, "can''t read {0} {1} yet: {2}", kind.getSimpleName(), id, e.getMessage());
      }
      looked = true;
    }

    @Override
    public void onAdd(R object) {
      tell();
    }

    @Override
    public void onUpdate(R before, R object) {
      tell();
    }

    @Override
    public void onDelete(R object, boolean finalStateUnknown) {
      tell();
    }

    private void tell() {
      if (looked) {
        users.forEach(changed);
      }
    }
  }
}
