package io.outboxpipeline.operator.model;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.outboxpipeline.operator.api.ConfigMapKey;
import io.outboxpipeline.operator.api.ConsoleSpec;
import io.outboxpipeline.operator.api.OutboxPipeline;
import io.outboxpipeline.operator.api.OutboxPipelineSpec;
import io.outboxpipeline.operator.api.SecretKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The console of one pipeline. It finds the services' pods by the addresses of Services without an
 * address of their own, and so needs no right to ask the API server.
 */
final class Consoles {
  static final int PORT = 8080;

  private static final String LABEL = "console";

  private Consoles() {}

  /** All objects of a pipeline's console; none if it has none. */
  static List<HasMetadata> objects(OutboxPipeline pipeline, String image, Sources sources) {
    ConsoleSpec spec = pipeline.getSpec().console();
    if (spec == null) {
      return List.of();
    }
    // Whether they run yet or not: the console is not to restart when they begin to.
    List<Component> components =
        Stream.of(Component.values())
            .filter(c -> Components.spec(pipeline.getSpec(), c).isPresent())
            .toList();
    var objects = new ArrayList<HasMetadata>();
    if (spec.serviceAccount().create()) {
      objects.add(
          new ServiceAccountBuilder()
              .withMetadata(metadata(pipeline, ""))
              .editMetadata()
              .addToAnnotations(spec.serviceAccount().annotations())
              .endMetadata()
              .withAutomountServiceAccountToken(false)
              .build());
    }
    components.forEach(c -> objects.add(pods(pipeline, c)));
    ConfigMap settings = ConsoleSettingsMap.of(pipeline, spec, components);
    objects.add(settings);
    if (pipeline.getSpec().networkPolicy().enabled()) {
      objects.add(ConsolePods.networkPolicy(pipeline, spec));
    }
    objects.add(service(pipeline, spec));
    objects.add(
        ConsolePods.deployment(
            pipeline,
            spec,
            Optional.ofNullable(spec.image()).orElse(image),
            variables(pipeline, spec),
            digest(pipeline.getSpec(), spec, settings.getData(), sources)));
    return objects;
  }

  /** The name of the console's objects. */
  static String name(HasMetadata pipeline) {
    return pipeline.getMetadata().getName() + "-" + LABEL;
  }

  static Map<String, String> selector(HasMetadata pipeline) {
    var labels = new TreeMap<>(Names.selector(pipeline, Component.RELAY));
    labels.put("app.kubernetes.io/component", LABEL);
    return labels;
  }

  static Map<String, String> labels(HasMetadata pipeline) {
    var labels = new TreeMap<>(Names.labels(pipeline, Component.RELAY));
    labels.put("app.kubernetes.io/component", LABEL);
    return labels;
  }

  static io.fabric8.kubernetes.api.model.ObjectMeta metadata(
      OutboxPipeline pipeline, String suffix) {
    var metadata = Names.metadata(pipeline, Component.RELAY);
    metadata.setName(name(pipeline) + suffix);
    metadata.setLabels(labels(pipeline));
    return metadata;
  }

  /** The name that has the addresses of a component's pods. */
  static String pods(HasMetadata pipeline, String component) {
    return pipeline.getMetadata().getName() + "-" + component + "-pods";
  }

  /** Those that are not ready, too: they are the ones that a person wants to see. */
  private static Service pods(OutboxPipeline pipeline, Component component) {
    return new ServiceBuilder()
        .withMetadata(Names.metadata(pipeline, component))
        .editMetadata()
        .withName(pods(pipeline, component.label()))
        .endMetadata()
        .withNewSpec()
        .withType("ClusterIP")
        .withClusterIP("None")
        .withPublishNotReadyAddresses(true)
        .withSelector(Names.selector(pipeline, component))
        .addNewPort()
        .withName("management")
        .withProtocol("TCP")
        .withPort(component.management())
        .withNewTargetPort(component.management())
        .endPort()
        .endSpec()
        .build();
  }

  private static Service service(OutboxPipeline pipeline, ConsoleSpec spec) {
    return new ServiceBuilder()
        .withMetadata(metadata(pipeline, ""))
        .editMetadata()
        .addToAnnotations(spec.service().annotations())
        .endMetadata()
        .withNewSpec()
        .withType(spec.service().type().name())
        .withSelector(selector(pipeline))
        .addNewPort()
        .withName("http")
        .withProtocol("TCP")
        .withPort(PORT)
        .withNewTargetPort("http")
        .endPort()
        .endSpec()
        .build();
  }

  private static List<EnvVar> variables(OutboxPipeline pipeline, ConsoleSpec spec) {
    var of = new ArrayList<EnvVar>();
    secret(of, "CONSOLE_OPERATOR_TOKEN", spec.operatorToken());
    secret(of, "CONSOLE_VIEWER_TOKEN", spec.viewerToken());
    secret(of, "CONSOLE_COOKIE_SECRET", spec.cookieSecret());
    String start = variable(pipeline);
    secret(of, start + "RELAY_TOKEN", pipeline.getSpec().relay().adminToken());
    pipeline
        .getSpec()
        .optionalConsumer()
        .ifPresent(c -> secret(of, start + "CONSUMER_TOKEN", c.adminToken()));
    return Environment.withAdded(of, spec.pod().env());
  }

  /** What the variables about the pipeline begin with. */
  static String variable(HasMetadata pipeline) {
    String name = pipeline.getMetadata().getName();
    return "CONSOLE_" + name.toUpperCase(Locale.ROOT).replace('-', '_') + "_";
  }

  private static void secret(List<EnvVar> of, String name, @Nullable SecretKey key) {
    if (key != null) {
      of.add(Environment.secret(name, key.secretName(), key.key()));
    }
  }

  /** What a console refers to beside the tokens of relay and consumer. */
  static void references(ConsoleSpec spec, References of) {
    Stream.of(spec.operatorToken(), spec.viewerToken(), spec.cookieSecret())
        .flatMap(Stream::ofNullable)
        .forEach(key -> of.secrets().add(key.secretName()));
    spec.pod()
        .env()
        .forEach(
            variable -> {
              SecretKey secret = variable.secret();
              ConfigMapKey configMap = variable.configMap();
              if (secret != null) {
                of.secrets().add(secret.secretName());
              }
              if (configMap != null) {
                of.configMaps().add(configMap.configMapName());
              }
            });
  }

  private static String digest(
      OutboxPipelineSpec spec, ConsoleSpec console, Map<String, String> settings, Sources sources) {
    References of = References.none();
    references(console, of);
    Components.adminToken(spec.relay()).ifPresent(t -> of.secrets().add(t.secretName()));
    spec.optionalConsumer()
        .flatMap(Components::adminToken)
        .ifPresent(t -> of.secrets().add(t.secretName()));
    var content = new TreeMap<>(settings);
    of.secrets().forEach(n -> content.put("secret/" + n, sources.secrets().getOrDefault(n, "")));
    of.configMaps()
        .forEach(n -> content.put("configMap/" + n, sources.configMaps().getOrDefault(n, "")));
    return Digest.of("settings", content);
  }
}
