package io.outboxpipeline.consumer;

import com.zaxxer.hikari.HikariDataSource;
import io.helidon.openapi.OpenApiFeature;
import io.helidon.webserver.http.HttpService;
import io.outboxpipeline.inbox.EventHandler;
import io.outboxpipeline.inbox.Inbox;
import io.outboxpipeline.runtime.AdminAccess;
import io.outboxpipeline.runtime.Health;
import io.outboxpipeline.runtime.Metrics;
import io.outboxpipeline.runtime.RunningService;
import io.outboxpipeline.runtime.ServiceServer;
import io.outboxpipeline.runtime.Transactions;
import java.time.InstantSource;

/** A running consumer. Several may run in one JVM, and on one queue and database. */
public final class ConsumerService implements RunningService {
  /** So many connections a migration may want at once; without one, two stay. */
  private static final int APART = 4;

  private final Metrics metrics = new Metrics();
  private final HikariDataSource database;
  private final HikariDataSource apart;
  private final DatabaseWatch watch;
  private final MessageQueue queue;
  private final Replay replay;
  private final ReceiveLoops loops;
  private final ServiceServer server;

  private ConsumerService(ConsumerSettings settings, EventHandler handler) {
    var clock = InstantSource.system();
    var counts = new ConsumerMetrics(metrics.registry(), clock);
    database = settings.mysql().open("consumer", false, metrics.registry());
    apart = settings.mysql().withPoolSize(APART).open("consumer-watch", false, metrics.registry());
    watch = DatabaseWatch.start(apart, settings.migrate());
    counts.show(watch::backlog);
    var transactions = new Transactions(database, counts.retries);
    var inbox = new Inbox(settings.start());
    queue = new MessageQueue(settings.sqs(), settings.pollWait(), settings.loops());
    replay = new Replay(transactions, watch, inbox, handler, counts);
    var work = new BatchWork(queue, transactions, watch, inbox, handler, replay, counts);
    loops = new ReceiveLoops(queue, watch, work, counts, settings.loops());
    var decisions = new AdminApi(transactions, inbox, handler, replay, clock);
    var look = new LookApi(transactions, queue.depth());
    try {
      server =
          ServiceServer.builder("consumer", settings.server(), metrics)
              .started("database", () -> started(watch.started(), watch.health()))
              .started("queue", () -> started(loops.started(), loops.health()))
              .ready("database", watch::health)
              .ready("queue", loops::health)
              .live("receive loops", loops::alive)
              .feature(
                  OpenApiFeature.builder()
                      .servicesDiscoverServices(false)
                      .staticFile("io/outboxpipeline/consumer/openapi.yaml")
                      .build())
              .routing(r -> r.register(SpendingApi.PATH, new SpendingApi(database)))
              .routing(r -> AdminAccess.register(r, settings.server(), both(decisions, look)))
              .onStop(loops::drain)
              .start();
    } catch (RuntimeException e) {
      release();
      throw e;
    }
    loops.start();
    replay.start();
  }

  private static HttpService both(HttpService first, HttpService second) {
    return rules -> {
      first.routing(rules);
      second.routing(rules);
    };
  }

  private static Health started(boolean was, Health now) {
    return was ? Health.up() : now;
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
    queue.close();
    replay.close();
    watch.close();
    database.close();
    apart.close();
    metrics.close();
  }
}
