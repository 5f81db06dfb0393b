package io.outboxpipeline.consumer;

import com.zaxxer.hikari.HikariDataSource;
import io.helidon.openapi.OpenApiFeature;
import io.helidon.webserver.http.HttpService;
import io.outboxpipeline.inbox.EventHandler;
import io.outboxpipeline.receiver.Receiver;
import io.outboxpipeline.receiver.ReceiverMeters;
import io.outboxpipeline.runtime.AdminAccess;
import io.outboxpipeline.runtime.DatabaseTrouble;
import io.outboxpipeline.runtime.Health;
import io.outboxpipeline.runtime.Metrics;
import io.outboxpipeline.runtime.RunningService;
import io.outboxpipeline.runtime.ServiceServer;
import io.outboxpipeline.runtime.SqsSettings;
import io.outboxpipeline.runtime.Tracing;
import io.outboxpipeline.runtime.Transactions;
import io.outboxpipeline.runtime.job.JobRoutes;
import io.outboxpipeline.runtime.job.JobTable;
import io.outboxpipeline.runtime.job.JobWork;
import java.time.InstantSource;
import software.amazon.awssdk.services.sqs.SqsClient;

/** A running consumer. Several may run in one JVM, and on one queue and database. */
public final class ConsumerService implements RunningService {
  /** So many connections a migration may want at once; without one, two stay. */
  private static final int APART = 4;

  private final Tracing tracing = Tracing.start("consumer");
  private final Metrics metrics = new Metrics(tracing);
  private final HikariDataSource database;
  private final HikariDataSource apart;
  private final SqsClient sqs;
  private final Receiver receiver;
  private final RedriveWork redrives;
  private final JobWork jobs;
  private final ServiceServer server;

  private ConsumerService(ConsumerSettings settings, EventHandler untraced) {
    var handler = TracedHandler.of(untraced, tracing);
    var clock = InstantSource.system();
    var meters = new ReceiverMeters(metrics.registry(), clock);
    database = settings.mysql().open("consumer", false, metrics.registry());
    apart = settings.mysql().withPoolSize(APART).open("consumer-watch", false, metrics.registry());
    sqs =
        settings
            .sqs()
            .open(
                SqsSettings.Retries.STANDARD,
                settings.pollWait().plusSeconds(10),
                2 * settings.loops() + 2);
    receiver = receiver(settings, handler, meters);
    meters.show(receiver::stalled);
    var decisions = new AdminApi(receiver.decisions(), clock);
    var depth = new QueueDepth(sqs, settings.sqs());
    var look = new LookApi(database, depth);
    var letters = new DeadLetterQueue(sqs, depth);
    redrives = new RedriveWork(apart, letters);
    var step = new InboxStep(receiver.decisions());
    var table = new JobTable("consumer");
    var transactions =
        new Transactions(apart, metrics.registry().counter("outbox.consumer.transaction.retries"));
    jobs = new JobWork(transactions, table, step);
    var many = new JobRoutes(transactions, table, step, jobs);
    var dead = new DeadLetterApi(apart, letters);
    try {
      server =
          ServiceServer.builder("consumer", settings.server(), metrics)
              .started("database", () -> started(receiver.databaseReached(), receiver.database()))
              .started("queue", () -> started(receiver.queueReached(), receiver.queue()))
              .ready("database", () -> shown(receiver.database()))
              .ready("queue", () -> shown(receiver.queue()))
              .live("receive loops", () -> shown(receiver.loops()))
              .feature(
                  OpenApiFeature.builder()
                      .servicesDiscoverServices(false)
                      .staticFile("io/outboxpipeline/consumer/openapi.yaml")
                      .build())
              .routing(r -> r.register(AppliedSpendingApi.PATH, new AppliedSpendingApi(database)))
              .management(
                  r -> AdminAccess.register(r, settings.server(), all(decisions, look, dead, many)))
              .onStop(receiver::drain)
              .start();
    } catch (RuntimeException e) {
      release();
      throw e;
    }
    receiver.start();
    redrives.start();
    jobs.start();
  }

  private static HttpService all(HttpService... services) {
    return rules -> {
      for (HttpService service : services) {
        service.routing(rules);
      }
    };
  }

  private Receiver receiver(
      ConsumerSettings settings, EventHandler handler, ReceiverMeters meters) {
    var builder =
        Receiver.builder(database, sqs, settings.sqs().queue())
            .handler(SpendingHandler.CREATED, handler)
            .start(settings.start())
            .loops(settings.loops())
            .pollWait(settings.pollWait())
            .metrics(new TracedMetrics(meters, tracing))
            .threads(Thread.ofVirtual().name("consumer-", 0).factory())
            .watchedThrough(apart)
            .diagnosis(ConsumerService::trouble);
    settings.sqs().deadLetterQueue().ifPresent(builder::deadLetterQueue);
    if (settings.migrate()) {
      builder.prepare(() -> ConsumerTables.migrate(apart));
    }
    return builder.build();
  }

  private static io.outboxpipeline.receiver.Health trouble(
      Throwable failure, io.outboxpipeline.receiver.Health before) {
    return switch (DatabaseTrouble.of(failure).health(shown(before))) {
      case Health.Up() -> io.outboxpipeline.receiver.Health.up();
      case Health.Down(String reason) -> io.outboxpipeline.receiver.Health.down(reason);
    };
  }

  private static Health shown(io.outboxpipeline.receiver.Health health) {
    return health.trouble().map(Health::down).orElseGet(Health::up);
  }

  private static Health started(boolean was, io.outboxpipeline.receiver.Health now) {
    return was ? Health.up() : shown(now);
  }

  /**
   * Starts a consumer of spendings. It listens at once, and is ready once its database is there and
   * up to date and its queue is found.
   *
   * @throws io.outboxpipeline.runtime.PortInUse if another process has the port
   */
  public static ConsumerService start(ConsumerSettings settings) {
    return start(settings, new SpendingHandler());
  }

  static ConsumerService start(ConsumerSettings settings, EventHandler handler) {
    return new ConsumerService(settings, handler);
  }

  @Override
  public ServiceServer server() {
    return server;
  }

  /** Receives no more, finishes and acknowledges what is in hand, and then ends. */
  @Override
  public void close() {
    server.close();
    release();
  }

  private void release() {
    redrives.close();
    jobs.close();
    receiver.close();
    sqs.close();
    database.close();
    apart.close();
    metrics.close();
    tracing.close();
  }
}
