package io.outboxpipeline.operator.model;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.outboxpipeline.operator.api.ConsoleSpec;
import io.outboxpipeline.operator.api.OutboxPipeline;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;

/** The ConfigMap that a console's pods have as environment: where the pipeline's pods are. */
final class ConsoleSettingsMap {
  private ConsoleSettingsMap() {}

  static ConfigMap of(OutboxPipeline pipeline, ConsoleSpec spec, List<Component> components) {
    String namespace = pipeline.getMetadata().getNamespace();
    String start = Consoles.variable(pipeline);
    var of = new TreeMap<String, String>();
    of.put("CONSOLE_PIPELINES", pipeline.getMetadata().getName());
    of.put(start + "NAMESPACE", namespace);
    for (Component component : components) {
      of.put(
          start + component.name() + "S",
          String.format(
              Locale.ROOT,
              "dns+http://%s.%s.svc:%d",
              Consoles.pods(pipeline, component.label()),
              namespace,
              component.management()));
    }
    String service = Consoles.name(pipeline);
    String inNamespace = service + "." + namespace;
    // As kubectl port-forward and pods of the cluster call it.
    of.put("CONSOLE_HOSTS", String.join(",", service, inNamespace, inNamespace + ".svc"));
    String publicUrl = spec.publicUrl();
    if (publicUrl != null) {
      of.put("CONSOLE_PUBLIC_URL", publicUrl);
    }
    of.put("SERVER_PORT", Integer.toString(Consoles.PORT));
    of.put("LOG_FORMAT", pipeline.getSpec().log().format().name());
    of.put("LOG_LEVEL", pipeline.getSpec().log().level().name());
    return new ConfigMapBuilder()
        .withMetadata(Consoles.metadata(pipeline, ""))
        .withData(of)
        .build();
  }
}
