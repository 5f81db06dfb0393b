package io.outboxpipeline.relay;

import static java.lang.System.Logger.Level.ERROR;
import static java.lang.System.Logger.Level.WARNING;

import io.helidon.webserver.http.HttpService;
import io.micrometer.core.instrument.Gauge;
import io.outboxpipeline.ownership.Ending;
import io.outboxpipeline.ownership.Grant;
import io.outboxpipeline.ownership.LeaseStore;
import io.outboxpipeline.ownership.MemberId;
import io.outboxpipeline.ownership.Ownership;
import io.outboxpipeline.ownership.OwnershipStatus;
import io.outboxpipeline.ownership.Report;
import io.outboxpipeline.ownership.StoreException;
import io.outboxpipeline.relay.lease.KubernetesLeases;
import io.outboxpipeline.relay.lease.Leases;
import io.outboxpipeline.relay.look.LookRoutes;
import io.outboxpipeline.relay.look.OwnershipView;
import io.outboxpipeline.relay.quarantine.QuarantineRoutes;
import io.outboxpipeline.relay.send.Queue;
import io.outboxpipeline.relay.source.Source;
import io.outboxpipeline.runtime.AdminAccess;
import io.outboxpipeline.runtime.Backoff;
import io.outboxpipeline.runtime.DatabaseTrouble;
import io.outboxpipeline.runtime.Health;
import io.outboxpipeline.runtime.Metrics;
import io.outboxpipeline.runtime.RunningService;
import io.outboxpipeline.runtime.ServiceServer;
import io.outboxpipeline.runtime.SqsSettings;
import io.outboxpipeline.runtime.Tracing;
import io.outboxpipeline.runtime.job.JobRoutes;
import io.outboxpipeline.runtime.job.JobWork;
import java.time.Duration;
import java.util.HashMap;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;
import software.amazon.awssdk.services.sqs.SqsClient;

/**
 * One relay: its membership, its loops, and its HTTP server for health, metrics and the quarantine.
 * Starts at once, whatever is away, and goes on trying. Thread-safe.
 */
public final class RelayService implements RunningService {
  private static final System.Logger LOG = System.getLogger(RelayService.class.getName());

  private static final Health NOT_JOINED = Health.down("has not joined the other relays yet");

  private static final Backoff BACKOFF =
      new Backoff(Duration.ofMillis(100), Duration.ofSeconds(20));

  private static final String VERSION =
      Optional.ofNullable(RelayService.class.getPackage().getImplementationVersion())
          .orElse("unknown");

  private final RelaySettings settings;
  private final Tracing tracing = Tracing.start("relay");
  private final Metrics metrics = new Metrics(tracing);
  private final EventStore store;
  private final SqsClient client;
  private final Relay relay;
  private final LeaseStore leases;
  private final Optional<JobWork> jobs;
  private final ServiceServer server;
  private final Thread joining = Thread.ofVirtual().name("join").unstarted(this::join);

  /** Complete while this relay is a member, and after it has left for good. */
  private volatile CompletableFuture<Ownership> joined = new CompletableFuture<>();

  private volatile boolean stopping;

  private RelayService(RelaySettings settings) {
    this.settings = settings;
    var relayMetrics = new RelayMetrics(metrics.registry());
    store =
        settings
            .dynamoDb()
            .<EventStore>map(tables -> new DynamoDbStore(settings, tables))
            .orElseGet(() -> new MySqlStore(settings, metrics.registry(), relayMetrics));
    client =
        settings
            .sqs()
            .open(SqsSettings.Retries.OFF, settings.requestTimeout(), settings.concurrency() + 1);
    var owner = new Owner();
    relay =
        new Relay(
            new Relay.Settings(
                settings.limits(),
                settings.requestTimeout(),
                settings.concurrency(),
                settings.drainTimeout()),
            store.source(relayMetrics, owner),
            () -> Queue.find(client, settings.sqs().queue(), settings.fair(), settings.xray()),
            this::maySend,
            owner::drained,
            relayMetrics,
            tracing);
    LeaseStore opened = null;
    try {
      opened = openLeases();
      leases = opened;
      jobs = store.jobs().map(j -> new JobWork(j.transactions(), j.table(), j.step()));
      HttpService admin = admin(opened);
      server =
          ServiceServer.builder("relay", settings.server(), metrics)
              .live("membership", this::membership)
              .live(
                  "loops",
                  () -> relay.alive() ? Health.up() : Health.down("one of the loops has ended"))
              .ready("events", this::events)
              .started("membership", () -> joined.isDone() ? Health.up() : NOT_JOINED)
              .management(r -> AdminAccess.register(r, settings.server(), admin))
              .onStop(this::drain)
              .start();
    } catch (RuntimeException e) {
      if (opened != null) {
        opened.close();
      }
      client.close();
      store.close();
      metrics.close();
      tracing.close();
      throw e;
    }
    registerGauges();
  }

  /** Starts a relay; returns before it has joined the others. */
  public static RelayService start(RelaySettings settings) {
    var service = new RelayService(settings);
    service.relay.start();
    service.joining.start();
    service.jobs.ifPresent(JobWork::start);
    return service;
  }

  @Override
  public ServiceServer server() {
    return server;
  }

  @Override
  public void close() {
    server.close();
    jobs.ifPresent(JobWork::close);
    relay.close();
    leases.close();
    client.close();
    store.close();
    metrics.close();
    tracing.close();
  }

  /** Joins, and again when the membership ended by itself, unless another process replaced it. */
  private void join() {
    try {
      Ending ending;
      do {
        Ownership ownership = joinOnce();
        joined.complete(ownership);
        if (stopping) {
          // The interrupt was to end the joining, not the leaving.
          Thread.interrupted();
          leave(ownership);
        }
        ending = ownership.ended().join();
        if (ending == Ending.FAILED) {
          joined = new CompletableFuture<>();
          ownership.close();
        }
      } while (!joined.isDone());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Ownership joinOnce() throws InterruptedException {
    var member =
        new Ownership.Settings(
            new MemberId(settings.member()), settings.partitions(), settings.timing());
    String told = "";
    for (int failures = 1; ; failures++) {
      try {
        return Ownership.start(member, leases, store.fence(), relay, this::report);
      } catch (StoreException e) {
        String reason = e.getMessage() + ": " + DatabaseTrouble.of(e);
        if (!reason.equals(told)) {
          LOG.log(WARNING, "can''t join yet, tries again: {0}", reason);
        }
        told = reason;
      }
      Thread.sleep(BACKOFF.after(failures));
    }
  }

  /** Hands all partitions over before the server stops. */
  private void drain() {
    stopping = true;
    joining.interrupt();
    try {
      Ownership member = joined.getNow(null);
      if (member != null) {
        leave(member);
      }
      joining.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private LeaseStore openLeases() {
    return switch (settings.leases()) {
      case Leases.Database() -> store.leases();
      case Leases.Kubernetes kubernetes -> KubernetesLeases.open(kubernetes, settings.timing());
    };
  }

  private HttpService admin(LeaseStore from) {
    var quarantine = new QuarantineRoutes(store.quarantine());
    var look = new LookRoutes(new OwnershipView(from, settings.timing()), store.outlook());
    HttpService many =
        store
            .jobs()
            .<HttpService>map(
                j -> new JobRoutes(j.transactions(), j.table(), j.step(), jobs.orElseThrow()))
            .orElseGet(
                () ->
                    JobRoutes.none(
                        "A relay on DynamoDB keeps no jobs. Decide about one event after the other."));
    return rules -> {
      quarantine.routing(rules);
      look.routing(rules);
      many.routing(rules);
    };
  }

  /** What each heartbeat says of this relay; the operator shows it. */
  private Report report() {
    var values = new HashMap<String, String>();
    values.put("version", VERSION);
    values.put("database", relay.sourceTrouble().orElse("ok"));
    values.put("queue", relay.queueTrouble().orElse("ok"));
    values.put("backlog", Long.toString(relay.waiting()));
    values.put("undeleted", Integer.toString(relay.standing().unrecorded()));
    values.put("oldest-seconds", Long.toString((long) relay.oldestSeconds()));
    values.put("held-aggregates", Integer.toString(relay.standing().held()));
    return new Report(values);
  }

  private boolean maySend() {
    Ownership member = joined.getNow(null);
    return member != null && member.maySend();
  }

  private void leave(Ownership member) throws InterruptedException {
    member.leave(settings.server().shutdownGrace().dividedBy(2));
  }

  /** Down once another process has replaced this one: it will never send again. */
  private Health membership() {
    Ownership member = joined.getNow(null);
    return member != null && member.ended().isDone()
        ? Health.down("the membership has ended: " + member.status().state())
        : Health.up();
  }

  private Health events() {
    Ownership member = joined.getNow(null);
    if (member == null) {
      return NOT_JOINED;
    }
    return relay
        .trouble()
        .map(Health::down)
        .orElseGet(
            () ->
                member.maySend() ? Health.up() : Health.down("the heartbeat could not be renewed"));
  }

  private void registerGauges() {
    gauge("partitions.owned", "Partitions that this relay owns", s -> s.owned().size());
    gauge("partitions.moving", "Partitions on their way to or from it", OwnershipStatus::moving);
    gauge("partitions.unowned", "Partitions that nobody owned", OwnershipStatus::unowned);
    gauge("members", "Relays alive", s -> s.liveMembers().size());
    Gauge.builder("outbox.relay.backlog", relay::waiting)
        .description("Rows of the owned partitions in the outbox, counted up to 100000")
        .baseUnit("events")
        .register(metrics.registry());
    Gauge.builder("outbox.relay.undeleted", () -> relay.standing().unrecorded())
        .description("Events that SQS acknowledged and that are still in the outbox")
        .baseUnit("events")
        .register(metrics.registry());
    Gauge.builder("outbox.relay.held.aggregates", () -> relay.standing().held())
        .description("Aggregates that an event holds which can never be sent")
        .register(metrics.registry());
    Gauge.builder("outbox.relay.oldest.event.age", relay::oldestSeconds)
        .description("Age of the oldest event that was read and is not acknowledged")
        .baseUnit("seconds")
        .register(metrics.registry());
  }

  private void gauge(String name, String description, ToDoubleFunction<OwnershipStatus> value) {
    Gauge.builder(
            "outbox.relay." + name,
            () -> {
              Ownership member = joined.getNow(null);
              return member == null ? 0 : value.applyAsDouble(member.status());
            })
        .description(description)
        .register(metrics.registry());
  }

  private final class Owner implements Source.Listener {
    @Override
    public void drained(Grant grant) {
      tell(o -> o.drained(grant));
    }

    @Override
    public void fencedOut(Grant grant) {
      relay.fencedOut(grant);
      tell(o -> o.fencedOut(grant));
    }

    /** At once, or when the start that gave the grant has returned. */
    private void tell(Consumer<Ownership> what) {
      var told = joined.thenAccept(what);
      told.exceptionally(
          e -> {
            LOG.log(ERROR, "ownership can't be told", e);
            return null;
          });
    }
  }
}
