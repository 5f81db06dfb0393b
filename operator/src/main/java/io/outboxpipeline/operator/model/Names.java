package io.outboxpipeline.operator.model;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.outboxpipeline.operator.api.OutboxPipeline;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** How a pipeline's objects are named and labelled. */
public final class Names {
  /** All objects of all pipelines. */
  public static final String MANAGED = "app.kubernetes.io/managed-by=outboxpipeline";

  /** The label with the pipeline's name, on leases, too. */
  public static final String PIPELINE = OutboxPipeline.GROUP + "/pipeline";

  private Names() {}

  /** The name of a component's objects. */
  public static String of(HasMetadata pipeline, Component component) {
    return pipeline.getMetadata().getName() + "-" + component.label();
  }

  /** What selects a component's pods; never changes, for selectors of Deployments can't. */
  public static Map<String, String> selector(HasMetadata pipeline, Component component) {
    var labels = new TreeMap<String, String>();
    labels.put("app.kubernetes.io/name", "outboxpipeline");
    labels.put("app.kubernetes.io/instance", pipeline.getMetadata().getName());
    labels.put("app.kubernetes.io/component", component.label());
    return labels;
  }

  /** A component's labels. */
  static Map<String, String> labels(HasMetadata pipeline, Component component) {
    var labels = new TreeMap<>(selector(pipeline, component));
    labels.put("app.kubernetes.io/part-of", pipeline.getMetadata().getName());
    labels.put("app.kubernetes.io/managed-by", "outboxpipeline");
    labels.put(PIPELINE, pipeline.getMetadata().getName());
    return labels;
  }

  /**
   * Name, namespace and labels. No owner: what a pipeline needs in order to drain must outlast a
   * deletion in the foreground, which takes dependants first. The finalizer removes it.
   */
  static ObjectMeta metadata(OutboxPipeline pipeline, Component component) {
    return new ObjectMetaBuilder()
        .withName(of(pipeline, component))
        .withNamespace(pipeline.getMetadata().getNamespace())
        .withLabels(labels(pipeline, component))
        // Without an owner, Argo CD would take them for its own by the label of the instance.
        .addToAnnotations("argocd.argoproj.io/compare-options", "IgnoreExtraneous")
        .addToAnnotations("argocd.argoproj.io/sync-options", "Prune=false")
        .build();
  }

  /** The name of the pipeline that an object says it belongs to. */
  public static Optional<String> pipeline(HasMetadata object) {
    Map<String, String> labels = object.getMetadata().getLabels();
    return labels != null && "outboxpipeline".equals(labels.get("app.kubernetes.io/managed-by"))
        ? Optional.ofNullable(labels.get(PIPELINE))
        : Optional.empty();
  }
}
