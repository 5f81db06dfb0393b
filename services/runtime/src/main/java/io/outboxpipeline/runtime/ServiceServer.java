package io.outboxpipeline.runtime;

import static java.lang.System.Logger.Level.ERROR;
import static java.lang.System.Logger.Level.WARNING;

import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Method;
import io.helidon.http.Status;
import io.helidon.webserver.ErrorHandling;
import io.helidon.webserver.ListenerConfig;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import io.helidon.webserver.spi.ServerFeature;
import io.micrometer.core.instrument.Gauge;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Phaser;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * A service's HTTP server: its own routes, {@code /health/live}, {@code /health/ready}, {@code
 * /health/started}, {@code /metrics}, and problem+json for every error. With a management port of
 * its own, routes of management and metrics are there alone, and the clients' port says of health
 * yes or no without reasons. Thread-safe.
 */
public final class ServiceServer implements AutoCloseable {
  /** Bytes from which on a body is not read at all: its connection is closed. */
  private static final long MAX_PAYLOAD = 16L * JsonBody.MAX_BYTES;

  private static final String MANAGEMENT = "management";

  private static final System.Logger LOG = System.getLogger(ServiceServer.class.getName());

  private final String name;
  private final ServerSettings settings;
  private final Runnable drain;
  private final AtomicBoolean ready = new AtomicBoolean(true);
  private final AtomicBoolean closed = new AtomicBoolean();
  // One party for each request in progress, and one for the server until it closes.
  private final Phaser requests = new Phaser(1);
  private final Peers peers;
  private final Peers managers;
  private final WebServer server;

  private ServiceServer(Builder b) {
    name = b.name;
    settings = b.settings;
    drain = b.drain;
    PortInUse.check(name, settings.host(), settings.port(), "SERVER_PORT");
    settings
        .management()
        .ifPresent(p -> PortInUse.check(name, settings.host(), p, "SERVER_MANAGEMENT_PORT"));
    var checks = new ArrayList<>(b.checks);
    checks.add(
        new Probes.Check(
            Probes.Kind.READY,
            "accepting",
            () -> ready.get() ? Health.up() : Health.down(name + " is stopping")));
    // Those of management are counted apart, so that clients can't take their places.
    peers = new Peers(name, settings.connections());
    managers = new Peers(name, settings.connections());
    Gauge.builder("server.connections", peers, Peers::count)
        .description("Connections of clients")
        .register(b.metrics.registry());
    Gauge.builder("server.request.bytes", peers, Peers::heldBytes)
        .description("Bytes here of requests that were not answered yet")
        .register(b.metrics.registry());
    var clients = routing();
    var config = WebServer.builder().shutdownHook(false).featuresDiscoverServices(false);
    b.features.forEach(config::addFeature);
    listen(config, settings.port(), peers, clients);
    if (settings.management().isPresent()) {
      int port = settings.management().getAsInt();
      new Probes(checks, false).register(clients);
      var management = routing();
      manage(management, checks, b);
      config.putSocket(MANAGEMENT, socket -> listen(socket, port, managers, management));
    } else {
      manage(clients, checks, b);
    }
    // After what is the same in each service, so that no path of its own hides that.
    b.routes.forEach(r -> r.accept(clients));
    server = config.build().start();
    if (!server.isRunning()) {
      peers.close();
      managers.close();
      throw new IllegalStateException(name + "'s server did not start; the log says why");
    }
  }

  private HttpRouting.Builder routing() {
    var routing = HttpRouting.builder();
    Problems.handleErrors(routing);
    routing.addFilter(this::follow);
    return routing;
  }

  private static void manage(HttpRouting.Builder routing, List<Probes.Check> checks, Builder b) {
    Handler metrics =
        (req, res) -> {
          String accept = String.join(",", req.headers().values(HeaderNames.ACCEPT));
          String type =
              accept.contains("application/openmetrics-text") ? Metrics.OPEN_METRICS : Metrics.TEXT;
          res.header(HeaderNames.CONTENT_TYPE, type).send(b.metrics.scrape(type));
        };
    routing.get("/metrics", metrics).head("/metrics", metrics);
    Methods.only(routing, "/metrics", Method.GET, Method.HEAD);
    new Probes(checks, true).register(routing);
    b.management.forEach(r -> r.accept(routing));
  }

  private void listen(
      ListenerConfig.BuilderBase<?, ?> config,
      int port,
      Peers connections,
      HttpRouting.Builder routing) {
    config
        .host(settings.host())
        .port(port)
        .shutdownGracePeriod(share(settings.shutdownGrace(), 10))
        .maxPayloadSize(MAX_PAYLOAD)
        .directHandlers(Problems.directHandlers())
        .errorHandling(ErrorHandling.builder().includeEntity(true).build())
        .protocolsDiscoverServices(false)
        .addConnectionSelector(new GuardedHttp1(connections))
        .routing(routing);
  }

  /**
   * A server to be.
   *
   * @param name the service's name, for people
   */
  public static Builder builder(String name, ServerSettings settings, Metrics metrics) {
    return new Builder(name, settings, metrics);
  }

  /** The port it listens on. */
  public int port() {
    return server.port();
  }

  /** The port of metrics, admin and the details of health. */
  public int managementPort() {
    return settings.management().isPresent() ? server.port(MANAGEMENT) : port();
  }

  /** What it was started with. */
  public ServerSettings settings() {
    return settings;
  }

  /** Lets {@code /health/ready} say 503 from now on, so that no new requests are sent here. */
  public void stopBeingReady() {
    ready.set(false);
  }

  /**
   * Not ready, then what {@link Builder#onStop} was given, then the server stops, once requests in
   * progress are answered. Takes no longer than the shutdown grace; a second call does nothing.
   */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    Deadline end = Deadline.in(settings.shutdownGrace());
    stopBeingReady();
    drain();
    awaitRequests(end);
    server.stop();
    peers.close();
    managers.close();
  }

  private void follow(FilterChain chain, RoutingRequest req, RoutingResponse res) {
    requests.register();
    try {
      if (!ready.get()) {
        res.header(HeaderValues.CONNECTION_CLOSE);
      }
      checkUtf8(req);
      chain.proceed();
    } finally {
      requests.arriveAndDeregister();
    }
  }

  private static void checkUtf8(RoutingRequest req) {
    if (!PercentEncoded.isUtf8(req.prologue().uriPath().rawPath())
        || !PercentEncoded.isUtf8(req.query().rawValue())) {
      throw new ProblemException(
          Status.BAD_REQUEST_400, "The path or the query is not percent-encoded UTF-8.");
    }
  }

  /**
   * Helidon's stop waits out its whole grace for a connection that is not idle when it begins. All
   * that is left is the requests' but for that, and as much for what the service itself closes.
   */
  private void awaitRequests(Deadline end) {
    Duration limit = end.remaining().minus(share(settings.shutdownGrace(), 5));
    try {
      requests.awaitAdvanceInterruptibly(
          requests.arriveAndDeregister(), limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      LOG.log(WARNING, "{0} stops with requests unanswered", name);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void drain() {
    Thread thread =
        Thread.ofVirtual()
            .name(name + "-drain")
            .uncaughtExceptionHandler((t, e) -> LOG.log(ERROR, name + " did not drain", e))
            .start(drain);
    Duration limit = settings.shutdownGrace().minus(share(settings.shutdownGrace(), 4));
    try {
      if (!thread.join(limit)) {
        LOG.log(WARNING, "{0} did not drain within {1}; stopping all the same", name, limit);
        thread.interrupt();
      }
    } catch (InterruptedException e) {
      thread.interrupt();
      Thread.currentThread().interrupt();
    }
  }

  private static Duration share(Duration grace, int parts) {
    return grace.dividedBy(parts);
  }

  /** Collects what a server serves. Not thread-safe. */
  public static final class Builder {
    private final String name;
    private final ServerSettings settings;
    private final Metrics metrics;
    private final List<Probes.Check> checks = new ArrayList<>();
    private final List<Consumer<HttpRouting.Builder>> routes = new ArrayList<>();
    private final List<Consumer<HttpRouting.Builder>> management = new ArrayList<>();
    private final List<ServerFeature> features = new ArrayList<>();
    private Runnable drain = () -> {};

    private Builder(String name, ServerSettings settings, Metrics metrics) {
      this.name = name;
      this.settings = settings;
      this.metrics = metrics;
    }

    /** More routes for clients. */
    public Builder routing(Consumer<HttpRouting.Builder> more) {
      routes.add(more);
      return this;
    }

    /** More routes for those who run it, served at the management port. */
    public Builder management(Consumer<HttpRouting.Builder> more) {
      management.add(more);
      return this;
    }

    /** A further Helidon feature, such as OpenAPI. */
    public Builder feature(ServerFeature feature) {
      features.add(feature);
      return this;
    }

    /** A check of {@code /health/live}: down means that only a restart helps. Must be quick. */
    public Builder live(String check, Supplier<Health> supplier) {
      checks.add(new Probes.Check(Probes.Kind.LIVE, check, supplier));
      return this;
    }

    /** A check of {@code /health/ready}: down means send nothing here now. Must be quick. */
    public Builder ready(String check, Supplier<Health> supplier) {
      checks.add(new Probes.Check(Probes.Kind.READY, check, supplier));
      return this;
    }

    /** A check of {@code /health/started}: down means not there yet. Must be quick. */
    public Builder started(String check, Supplier<Health> supplier) {
      checks.add(new Probes.Check(Probes.Kind.STARTED, check, supplier));
      return this;
    }

    /**
     * What to do between not being ready and the server's stop. Interrupted, and left behind, when
     * it takes more than three quarters of the shutdown grace.
     */
    public Builder onStop(Runnable work) {
      drain = work;
      return this;
    }

    /**
     * Starts to listen.
     *
     * @throws PortInUse if another process does so already
     */
    public ServiceServer start() {
      return new ServiceServer(this);
    }
  }
}
