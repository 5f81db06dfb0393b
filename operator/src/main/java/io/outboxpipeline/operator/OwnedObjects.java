package io.outboxpipeline.operator;

import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.SSABasedGenericKubernetesResourceMatcher;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import io.micrometer.core.instrument.Counter;
import io.outboxpipeline.operator.api.OutboxPipeline;
import io.outboxpipeline.operator.model.Names;
import io.outboxpipeline.operator.model.Wanted;
import io.outboxpipeline.operator.status.Trouble;
import java.net.HttpURLConnection;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Brings a pipeline's objects to what they ought to be: by server-side apply with one field
 * manager, and only those that differ in a field of ours.
 */
final class OwnedObjects {
  private static final PatchContext APPLY =
      new PatchContext.Builder()
          .withPatchType(PatchType.SERVER_SIDE_APPLY)
          .withFieldManager(Wanted.FIELD_MANAGER)
          .withForce(true)
          .build();

  /** Why a Deployment was left as it is. */
  enum Left {
    FOR_ITS_TURN,
    FOR_THE_NEXT_PASS
  }

  /**
   * How far it came.
   *
   * @param refused why the first object that was refused was
   * @param left why Deployments are not yet as they ought to be, if any is not
   */
  record Applied(Optional<Trouble> refused, Set<Left> left) {}

  private final Counter writes;

  /**
   * @param writes counts objects that were written
   */
  OwnedObjects(Counter writes) {
    this.writes = writes;
  }

  /**
   * Applies those that differ, and deletes those of the pipeline that are not among them. Goes on
   * past an object that is refused.
   *
   * @param live the Deployments that the wanted ones were made from
   * @param turn asked before pods are replaced; false leaves a Deployment as it is
   * @throws KubernetesClientException if the API server could not be asked; all were tried
   */
  Applied apply(
      Collection<Deployment> live,
      List<HasMetadata> wanted,
      BooleanSupplier turn,
      Context<OutboxPipeline> context) {
    Map<String, String> versions =
        live.stream()
            .collect(
                Collectors.toMap(
                    d -> d.getMetadata().getName(), d -> d.getMetadata().getResourceVersion()));
    var refused = new ArrayList<Trouble>();
    var failed = new ArrayList<KubernetesClientException>();
    var left = EnumSet.noneOf(Left.class);
    for (HasMetadata object : wanted) {
      attempt(
          object,
          refused,
          failed,
          () -> applyOne(object, versions, turn, left, context).ifPresent(refused::add));
    }
    Set<String> keep = wanted.stream().map(OwnedObjects::key).collect(Collectors.toSet());
    for (HasMetadata there : owned(context)) {
      if (!keep.contains(key(there)) && there.getMetadata().getDeletionTimestamp() == null) {
        attempt(
            there, refused, failed, () -> delete(there, DeletionPropagation.BACKGROUND, context));
      }
    }
    if (!failed.isEmpty()) {
      throw failed.getFirst();
    }
    return new Applied(refused.stream().findFirst(), left);
  }

  private static void attempt(
      HasMetadata object,
      List<Trouble> refused,
      List<KubernetesClientException> failed,
      Runnable step) {
    try {
      step.run();
    } catch (KubernetesClientException e) {
      if (isRefusal(e)) {
        String why = e.getStatus() == null ? e.getMessage() : e.getStatus().getMessage();
        refused.add(new Trouble("ObjectRefused", key(object) + ": " + why, true));
      } else {
        failed.add(e);
      }
    }
  }

  /** What trying again soon does not help: the object, a right, a policy or a quota must change. */
  private static boolean isRefusal(KubernetesClientException e) {
    // 500 is the API server's answer to an object that does not fit its schema.
    return Set.of(400, 403, 422, 500).contains(e.getCode());
  }

  /** Deletes all that belongs to the pipeline. */
  void deleteAll(Context<OutboxPipeline> context) {
    for (HasMetadata there : owned(context)) {
      if (there.getMetadata().getDeletionTimestamp() == null) {
        delete(there, DeletionPropagation.BACKGROUND, context);
      }
    }
  }

  /** Deletes an object; with what it owns, if in the foreground, before it goes itself. */
  void delete(HasMetadata object, DeletionPropagation how, Context<OutboxPipeline> context) {
    context.getClient().resource(object).withPropagationPolicy(how).delete();
    writes.increment();
  }

  private static List<HasMetadata> owned(Context<OutboxPipeline> context) {
    var owned = new ArrayList<HasMetadata>();
    for (Class<? extends HasMetadata> kind : Informers.OWNED) {
      owned.addAll(of(kind, context));
    }
    return owned;
  }

  /**
   * What belongs to the pipeline, by cache and by the framework's index of it. The index is filled
   * after the cache, and so misses what is there when an operator starts; the cache lacks what was
   * created a moment ago.
   */
  static <R extends HasMetadata> List<R> of(Class<R> kind, Context<OutboxPipeline> context) {
    InformerEventSource<R, OutboxPipeline> source = source(kind, context);
    var metadata = context.getPrimaryResource().getMetadata();
    Optional<String> pipeline = Optional.of(metadata.getName());
    return Stream.concat(
            source.list(metadata.getNamespace(), o -> Names.pipeline(o).equals(pipeline)),
            context.getSecondaryResources(kind).stream())
        .map(ResourceID::fromResource)
        .distinct()
        .flatMap(id -> source.get(id).stream())
        .toList();
  }

  /** What belongs to any pipeline, by cache. */
  static <R extends HasMetadata> Stream<R> all(Class<R> kind, Context<OutboxPipeline> context) {
    return source(kind, context).list(o -> true);
  }

  @SuppressWarnings("unchecked") // an object's class is that of its kind's informer
  private <R extends HasMetadata> Optional<Trouble> applyOne(
      R wanted,
      Map<String, String> versions,
      BooleanSupplier turn,
      Set<Left> left,
      Context<OutboxPipeline> context) {
    Class<R> kind = (Class<R>) wanted.getClass();
    InformerEventSource<R, OutboxPipeline> source = source(kind, context);
    ResourceID id = ResourceID.fromResource(wanted);
    Optional<R> there = source.get(id);
    if (there.isPresent()
        && SSABasedGenericKubernetesResourceMatcher.<R>getInstance()
            .matches(there.get(), wanted, context)) {
      return Optional.empty();
    }
    // The cache has none but ours.
    if (there.isEmpty() && isForeign(wanted, context)) {
      return Optional.of(
          new Trouble(
              "ObjectNotOurs",
              key(wanted)
                  + " exists and is not this pipeline's: remove it, or give the pipeline another"
                  + " name",
              true));
    }
    if (there.isPresent() && wanted instanceof Deployment deployment) {
      // The number of pods may be another's since: what it was made from must still be there.
      String version = versions.get(deployment.getMetadata().getName());
      if (version == null) {
        left.add(Left.FOR_THE_NEXT_PASS); // It came a moment ago, which leads to it.
        return Optional.empty();
      }
      if (replacesPods((Deployment) there.get(), deployment, context) && !turn.getAsBoolean()) {
        left.add(Left.FOR_ITS_TURN);
        return Optional.empty();
      }
      deployment.getMetadata().setResourceVersion(version);
    }
    R applied;
    try {
      applied = context.getClient().resource(wanted).patch(APPLY);
    } catch (KubernetesClientException e) {
      if (e.getCode() == HttpURLConnection.HTTP_CONFLICT) {
        left.add(Left.FOR_THE_NEXT_PASS); // What the cache is going to hear of leads to it.
        return Optional.empty();
      }
      throw e;
    }
    note(source, id, there, applied);
    return Optional.empty();
  }

  /** Whether a Deployment's pods would be replaced, and not only their number be another. */
  private static boolean replacesPods(
      Deployment live, Deployment wanted, Context<OutboxPipeline> context) {
    Deployment sameNumber =
        wanted.edit().editSpec().withReplicas(live.getSpec().getReplicas()).endSpec().build();
    return !SSABasedGenericKubernetesResourceMatcher.<Deployment>getInstance()
        .matches(live, sameNumber, context);
  }

  /** Lets the cache know what was written, before it hears of it. */
  private <R extends HasMetadata> void note(
      InformerEventSource<R, OutboxPipeline> source, ResourceID id, Optional<R> there, R applied) {
    if (there.isEmpty()) {
      writes.increment();
      source.handleRecentResourceCreate(id, applied);
    } else if (!isSame(there.get(), applied)) {
      writes.increment();
      source.handleRecentResourceUpdate(id, applied, there.get());
    }
  }

  /**
   * Whether nothing was written: what the API server drops, or writes in its own way, such as
   * 1024Mi, only looks like a difference.
   */
  private static boolean isSame(HasMetadata before, HasMetadata after) {
    return after
        .getMetadata()
        .getResourceVersion()
        .equals(before.getMetadata().getResourceVersion());
  }

  private static boolean isForeign(HasMetadata wanted, Context<OutboxPipeline> context) {
    HasMetadata there = context.getClient().resource(wanted).get();
    return there != null && !Names.pipeline(there).equals(Names.pipeline(wanted));
  }

  private static <R extends HasMetadata> InformerEventSource<R, OutboxPipeline> source(
      Class<R> kind, Context<OutboxPipeline> context) {
    EventSource<R, OutboxPipeline> source =
        context.eventSourceRetriever().getEventSourceFor(kind, kind.getSimpleName());
    return (InformerEventSource<R, OutboxPipeline>) source;
  }

  private static String key(HasMetadata object) {
    return object.getKind() + "/" + object.getMetadata().getName();
  }
}
