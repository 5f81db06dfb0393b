package io.outboxpipeline.console;

import io.outboxpipeline.console.access.AccessSettings;
import io.outboxpipeline.console.ask.Endpoint;
import io.outboxpipeline.console.model.Mask;
import io.outboxpipeline.console.model.PipelineSettings;
import io.outboxpipeline.runtime.Secret;
import io.outboxpipeline.runtime.ServerSettings;
import io.outboxpipeline.runtime.Settings;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The console's settings.
 *
 * @param cluster where the pipelines are not named, but found
 * @param patience with a service that is asked
 * @param decisionsPerSecond of an action on many problems
 * @param payloads what is hidden of the payloads that operators see; empty if nobody sees any
 */
public record ConsoleSettings(
    ServerSettings server,
    AccessSettings access,
    List<PipelineSettings> pipelines,
    Optional<ClusterSettings> cluster,
    Duration patience,
    int decisionsPerSecond,
    Optional<Mask> payloads) {

  /** How long a service may take to answer if nothing else is set. */
  public static final Duration DEFAULT_PATIENCE = Duration.ofSeconds(3);

  /** How fast an action on many problems goes if nothing else is set. */
  public static final int DEFAULT_RATE = 20;

  private static final int PORT = 8080;
  private static final Set<String> SCHEMES = Set.of("http", "https", Endpoint.EACH);
  private static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");

  /**
   * Where pipelines are found by the API server.
   *
   * @param namespaces empty for all
   * @param relayToken that the relays of all pipelines take
   * @param consumerToken that their consumers take
   */
  public record ClusterSettings(
      Set<String> namespaces, Optional<Secret> relayToken, Optional<Secret> consumerToken) {

    public ClusterSettings {
      namespaces = Set.copyOf(namespaces);
    }
  }

  /** One that shows no payload. */
  public ConsoleSettings(
      ServerSettings server,
      AccessSettings access,
      List<PipelineSettings> pipelines,
      Optional<ClusterSettings> cluster,
      Duration patience,
      int decisionsPerSecond) {
    this(server, access, pipelines, cluster, patience, decisionsPerSecond, Optional.empty());
  }

  public ConsoleSettings {
    pipelines = List.copyOf(pipelines);
  }

  /**
   * Reads and checks them.
   *
   * @throws io.outboxpipeline.runtime.InvalidSettings naming every bad key
   */
  public static ConsoleSettings read(Settings s) {
    List<PipelineSettings> pipelines = new ArrayList<>();
    Optional<ClusterSettings> cluster = cluster(s);
    String names =
        cluster.isPresent()
            ? s.text("console.pipelines", "CONSOLE_PIPELINES", "")
            : s.requiredText("console.pipelines", "CONSOLE_PIPELINES");
    for (String name : names.split(",")) {
      String pipeline = name.strip();
      if (NAME.matcher(pipeline).matches()) {
        pipelines.add(pipeline(s, pipeline));
      } else if (!name.isEmpty()) {
        s.problem(
            "console.pipelines",
            "CONSOLE_PIPELINES",
            "must be names of a–z, 0–9 and -, with commas");
      }
    }
    var settings =
        new ConsoleSettings(
            ServerSettings.read(s, PORT),
            AccessSettings.read(s),
            pipelines,
            cluster,
            s.duration(
                "console.patience",
                "CONSOLE_PATIENCE",
                DEFAULT_PATIENCE,
                Duration.ofMillis(100),
                Duration.ofSeconds(4)),
            s.integer(
                "console.decisions-per-second",
                "CONSOLE_DECISIONS_PER_SECOND",
                DEFAULT_RATE,
                1,
                1000),
            payloads(s));
    s.check();
    return settings;
  }

  private static Optional<Mask> payloads(Settings s) {
    boolean shown = s.flag("console.payloads", "CONSOLE_PAYLOADS", false);
    List<String> paths =
        Arrays.stream(s.text("console.mask", "CONSOLE_MASK", "").split(","))
            .map(String::strip)
            .filter(p -> !p.isEmpty())
            .toList();
    if (!paths.stream().allMatch(Mask::isPath)) {
      s.problem(
          "console.mask", "CONSOLE_MASK", "must be paths such as $.a.b and $..c, with commas");
    }
    return shown ? Optional.of(new Mask(paths)) : Optional.empty();
  }

  private static Optional<ClusterSettings> cluster(Settings s) {
    boolean on = s.flag("console.cluster", "CONSOLE_CLUSTER", false);
    String namespaces = s.text("console.namespaces", "CONSOLE_NAMESPACES", "");
    Optional<Secret> relay = s.optionalSecret("console.relay-token", "CONSOLE_RELAY_TOKEN");
    Optional<Secret> consumer =
        s.optionalSecret("console.consumer-token", "CONSOLE_CONSUMER_TOKEN");
    return on
        ? Optional.of(
            new ClusterSettings(
                Arrays.stream(namespaces.split(","))
                    .map(String::strip)
                    .filter(n -> !n.isEmpty())
                    .collect(Collectors.toSet()),
                relay,
                consumer))
        : Optional.empty();
  }

  private static PipelineSettings pipeline(Settings s, String name) {
    return new PipelineSettings(
        name,
        s.text("console." + name + ".namespace", variable(name, "NAMESPACE"), ""),
        endpoints(s, name, "bases", Optional.empty()),
        endpoints(s, name, "relays", token(s, name, "relay-token")),
        endpoints(s, name, "consumers", token(s, name, "consumer-token")));
  }

  private static Optional<Secret> token(Settings s, String pipeline, String key) {
    return s.optionalSecret("console." + pipeline + "." + key, variable(pipeline, key));
  }

  private static String variable(String pipeline, String key) {
    return "CONSOLE_" + (pipeline + "_" + key).toUpperCase(Locale.ROOT).replace('-', '_');
  }

  private static List<Endpoint> endpoints(
      Settings s, String pipeline, String kind, Optional<Secret> token) {
    String key = "console." + pipeline + "." + kind;
    String variable = variable(pipeline, kind);
    List<Endpoint> endpoints = new ArrayList<>();
    for (String text : s.text(key, variable, "").split(",")) {
      if (!text.isBlank()) {
        uri(text.strip())
            .ifPresentOrElse(
                uri -> endpoints.add(new Endpoint(uri, token)),
                () ->
                    s.problem(
                        key,
                        variable,
                        "must be URIs that begin with http://, https:// or dns+http://, with commas"));
      }
    }
    return endpoints;
  }

  private static Optional<URI> uri(String text) {
    try {
      var uri = new URI(text);
      boolean http = SCHEMES.contains(String.valueOf(uri.getScheme()));
      return http && uri.getHost() != null && uri.getRawQuery() == null
          ? Optional.of(uri)
          : Optional.empty();
    } catch (URISyntaxException e) {
      return Optional.empty();
    }
  }
}
