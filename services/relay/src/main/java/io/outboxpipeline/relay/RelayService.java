package io.outboxpipeline.relay;

import static java.lang.System.Logger.Level.ERROR;
import static java.lang.System.Logger.Level.WARNING;

import com.zaxxer.hikari.HikariDataSource;
import io.micrometer.core.instrument.Gauge;
import io.outboxpipeline.ownership.DatabaseFence;
import io.outboxpipeline.ownership.DatabaseLeaseStore;
import io.outboxpipeline.ownership.Ending;
import io.outboxpipeline.ownership.Grant;
import io.outboxpipeline.ownership.LeaseStore;
import io.outboxpipeline.ownership.MemberId;
import io.outboxpipeline.ownership.Ownership;
import io.outboxpipeline.ownership.OwnershipStatus;
import io.outboxpipeline.ownership.Report;
import io.outboxpipeline.ownership.StoreException;
import io.outboxpipeline.runtime.AdminAccess;
import io.outboxpipeline.runtime.Health;
import io.outboxpipeline.runtime.Metrics;
import io.outboxpipeline.runtime.RunningService;
import io.outboxpipeline.runtime.ServiceServer;
import io.outboxpipeline.runtime.SqsSettings;
import io.outboxpipeline.runtime.Transactions;
import java.time.Duration;
import java.time.Instant;
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

  private static final String VERSION =
      Optional.ofNullable(RelayService.class.getPackage().getImplementationVersion())
          .orElse("unknown");

  private final RelaySettings settings;
  private final Metrics metrics = new Metrics();
  private final HikariDataSource database;
  private final SqsClient client;
  private final RelayLoops loops;
  private final LeaseStore leases;
  private final ServiceServer server;
  private final Thread joining = Thread.ofVirtual().name("join").unstarted(this::join);

  /** Complete while this relay is a member, and after it has left for good. */
  private volatile CompletableFuture<Ownership> joined = new CompletableFuture<>();

  private volatile boolean stopping;

  private RelayService(RelaySettings settings) {
    this.settings = settings;
    database = settings.mysql().open("relay", true, metrics.registry());
    client =
        settings
            .sqs()
            .open(SqsSettings.Retries.OFF, settings.requestTimeout(), settings.concurrency() + 1);
    var relayMetrics = new RelayMetrics(metrics.registry());
    var transactions = new Transactions(database, relayMetrics.transactionRetries());
    loops =
        new RelayLoops(
            settings,
            database,
            transactions,
            () -> Queue.find(client, settings.sqs().queue()),
            new Owner(),
            relayMetrics);
    LeaseStore opened = null;
    try {
      opened = openLeases();
      leases = opened;
      server =
          ServiceServer.builder("relay", settings.server(), metrics)
              .live("membership", this::membership)
              .live(
                  "loops",
                  () -> loops.alive() ? Health.up() : Health.down("one of the loops has ended"))
              .ready("events", this::events)
              .started("membership", () -> joined.isDone() ? Health.up() : notJoined())
              .routing(
                  r ->
                      AdminAccess.register(
                          r, settings.server(), new QuarantineRoutes(transactions)))
              .onStop(this::drain)
              .start();
    } catch (RuntimeException e) {
      if (opened != null) {
        opened.close();
      }
      client.close();
      database.close();
      metrics.close();
      throw e;
    }
    registerGauges();
  }

  /** Starts a relay; returns before it has joined the others. */
  public static RelayService start(RelaySettings settings) {
    var service = new RelayService(settings);
    service.loops.start();
    service.joining.start();
    return service;
  }

  @Override
  public ServiceServer server() {
    return server;
  }

  @Override
  public void close() {
    server.close();
    loops.close();
    leases.close();
    client.close();
    database.close();
    metrics.close();
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
    for (int failures = 1; ; failures++) {
      try {
        var fence = new DatabaseFence(database, settings.timing().renewDeadline());
        return Ownership.start(member, leases, fence, loops, this::report);
      } catch (StoreException e) {
        if (failures == 1) {
          LOG.log(WARNING, "can''t join yet, tries again: {0}", e.getMessage());
        }
      }
      Thread.sleep(RelayLoops.BACKOFF.after(failures));
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
      case Leases.Database() -> new DatabaseLeaseStore(database);
      case Leases.Kubernetes kubernetes -> KubernetesLeases.open(kubernetes, settings.timing());
    };
  }

  /** What each heartbeat says of this relay; the operator shows it. */
  private Report report() {
    var values = new HashMap<String, String>();
    values.put("version", VERSION);
    values.put("database", loops.databaseTrouble().orElse("ok"));
    values.put("queue", loops.queueTrouble().orElse("ok"));
    values.put("backlog", Long.toString(loops.backlogRows()));
    values.put("oldest-seconds", Long.toString((long) oldestAge(loops)));
    values.put("held-aggregates", Long.toString(loops.summary().held()));
    return new Report(values);
  }

  private void leave(Ownership member) throws InterruptedException {
    member.leave(settings.server().shutdownGrace().dividedBy(2));
  }

  private Health notJoined() {
    return Health.down("has not joined the other relays yet");
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
      return notJoined();
    }
    return loops
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
    Gauge.builder("outbox.relay.backlog", loops::backlogRows)
        .description("Rows of the owned partitions in the outbox, counted up to 100000")
        .baseUnit("events")
        .register(metrics.registry());
    Gauge.builder("outbox.relay.held.aggregates", () -> loops.summary().held())
        .description("Aggregates that an event holds which can never be sent")
        .register(metrics.registry());
    Gauge.builder("outbox.relay.oldest.event.age", () -> oldestAge(loops))
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

  private static double oldestAge(RelayLoops loops) {
    return loops
        .summary()
        .oldest()
        .map(since -> Math.max(0, Duration.between(since, Instant.now()).toMillis() / 1000.0))
        .orElse(0.0);
  }

  private final class Owner implements RelayLoops.Owner {
    @Override
    public boolean maySend() {
      Ownership member = joined.getNow(null);
      return member != null && member.maySend();
    }

    @Override
    public void drained(Grant grant) {
      tell(o -> o.drained(grant));
    }

    @Override
    public void fencedOut(Grant grant) {
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
