package io.outboxpipeline.console;

import static java.lang.System.Logger.Level.DEBUG;

import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.helidon.openapi.OpenApiFeature;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.HttpService;
import io.outboxpipeline.console.ConsoleSettings.ClusterSettings;
import io.outboxpipeline.console.access.AccessSettings;
import io.outboxpipeline.console.access.Gate;
import io.outboxpipeline.console.access.Reviewer;
import io.outboxpipeline.console.access.Rights;
import io.outboxpipeline.console.ask.ServiceClient;
import io.outboxpipeline.console.cluster.ClusterPipelines;
import io.outboxpipeline.console.cluster.ClusterRights;
import io.outboxpipeline.console.cluster.TokenReviews;
import io.outboxpipeline.console.model.Desks;
import io.outboxpipeline.console.model.Mask;
import io.outboxpipeline.console.model.PipelineSettings;
import io.outboxpipeline.console.page.ApiRoutes;
import io.outboxpipeline.console.page.Assets;
import io.outboxpipeline.console.page.DeadLetterRoutes;
import io.outboxpipeline.console.page.OidcRoutes;
import io.outboxpipeline.console.page.PageRoutes;
import io.outboxpipeline.console.page.SignInRoutes;
import io.outboxpipeline.console.page.Streams;
import io.outboxpipeline.runtime.Metrics;
import io.outboxpipeline.runtime.RunningService;
import io.outboxpipeline.runtime.ServiceServer;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** A running console. It keeps nothing that must outlive it. Thread-safe. */
public final class ConsoleService implements RunningService {
  private static final System.Logger LOG = System.getLogger(ConsoleService.class.getName());
  private static final Duration WRONG_TOKEN = Duration.ofSeconds(1);

  private final Metrics metrics = new Metrics();
  private final ServiceClient client;
  private final Desks desks;
  private final List<AutoCloseable> closing = new ArrayList<>();
  private final ServiceServer server;

  private ConsoleService(ConsoleSettings settings) {
    var clock = InstantSource.system();
    client = new ServiceClient(settings.patience());
    Duration pause = Duration.ofSeconds(1).dividedBy(settings.decisionsPerSecond());
    Supplier<List<PipelineSettings>> found = settings.cluster().map(this::follow).orElse(List::of);
    desks =
        new Desks(
            () -> Stream.concat(settings.pipelines().stream(), found.get().stream()).toList(),
            client,
            clock,
            pause);
    String prefix = settings.access().prefix();
    var gate = gate(settings.access(), clock);
    var streams = new Streams(desks);
    var dead = new DeadLetterRoutes(desks, prefix);
    List<HttpService> pages =
        List.of(
            new SignInRoutes(gate, prefix),
            new OidcRoutes(gate, prefix),
            new Assets(),
            new PageRoutes(desks, prefix, settings.payloads()),
            dead.pages(),
            streams);
    try {
      server =
          ServiceServer.builder("console", settings.server(), metrics)
              .feature(
                  OpenApiFeature.builder()
                      .servicesDiscoverServices(false)
                      .staticFile("io/outboxpipeline/console/openapi.yaml")
                      .build())
              .routing(r -> r.addFilter(gate))
              .routing(r -> register(r, prefix, pages, dead.api(), settings.payloads()))
              .onStop(streams::stop)
              .start();
    } catch (RuntimeException e) {
      release();
      throw e;
    }
  }

  private Gate gate(AccessSettings access, InstantSource clock) {
    if (access.review().isEmpty()) {
      return new Gate(access, clock, WRONG_TOKEN, Reviewer.NOBODY, Rights.BY_ROLE);
    }
    var kubernetes = new KubernetesClientBuilder().build();
    closing.add(kubernetes);
    return new Gate(
        access,
        clock,
        WRONG_TOKEN,
        new TokenReviews(kubernetes, access.review().get()),
        new ClusterRights(kubernetes));
  }

  private Supplier<List<PipelineSettings>> follow(ClusterSettings settings) {
    var kubernetes = new KubernetesClientBuilder().build();
    var pipelines =
        new ClusterPipelines(
            kubernetes,
            settings.namespaces(),
            new ClusterPipelines.Tokens(settings.relayToken(), settings.consumerToken()));
    closing.add(pipelines);
    closing.add(kubernetes);
    return pipelines;
  }

  private void register(
      HttpRouting.Builder routing,
      String prefix,
      List<HttpService> pages,
      HttpService dead,
      Optional<Mask> payloads) {
    routing.register(prefix + "/api/v1", new ApiRoutes(desks, payloads), dead);
    routing.register(
        prefix.isEmpty() ? "/" : prefix, rules -> pages.forEach(p -> p.routing(rules)));
  }

  /**
   * Starts a console. It listens at once, whatever its services do.
   *
   * @throws io.outboxpipeline.runtime.PortInUse if another process has the port
   */
  public static ConsoleService start(ConsoleSettings settings) {
    return new ConsoleService(settings);
  }

  @Override
  public ServiceServer server() {
    return server;
  }

  @Override
  public void close() {
    server.close();
    release();
  }

  private void release() {
    desks.close();
    for (AutoCloseable one : closing) {
      try {
        one.close();
      } catch (Exception e) {
        LOG.log(DEBUG, "while closing", e);
      }
    }
    client.close();
    metrics.close();
  }
}
