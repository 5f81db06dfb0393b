package io.outboxpipeline.base;

import com.zaxxer.hikari.HikariDataSource;
import io.helidon.openapi.OpenApiFeature;
import io.micrometer.core.instrument.Counter;
import io.outboxpipeline.runtime.Metrics;
import io.outboxpipeline.runtime.RunningService;
import io.outboxpipeline.runtime.ServiceServer;
import io.outboxpipeline.runtime.Tracing;
import io.outboxpipeline.runtime.Transactions;
import java.time.Duration;
import java.time.InstantSource;

/** A running base. Several may run in one JVM. */
public final class BaseService implements RunningService {
  /** So many connections a migration may want at once; without one, two stay. */
  private static final int APART = 4;

  private final Metrics metrics = new Metrics();
  private final HikariDataSource database;
  private final HikariDataSource apart;
  private final DatabaseWatch watch;
  private final KeyPurge purge;
  private final Tracing tracing = Tracing.start("base");
  private final ServiceServer server;

  private BaseService(BaseSettings settings, InstantSource clock) {
    var registry = metrics.registry();
    var mysql = settings.mysql();
    database =
        mysql
            .withConnectTimeout(shorter(mysql.connectTimeout(), settings.requestTimeout()))
            .open("base", false, registry, Turns.LOCK_WAIT);
    apart = mysql.withPoolSize(APART).open("base-watch", false, registry);
    var transactions =
        new Transactions(
            database,
            Counter.builder("base.transaction.retries")
                .description("Transactions run again after a deadlock or a lock wait")
                .register(registry));
    var counters =
        new SeenCounters(
            Counter.builder("base.database.went.back")
                .description("How often the database's counters were below what was committed")
                .register(registry));
    watch = DatabaseWatch.start(apart, settings.migrate(), counters);
    purge = KeyPurge.start(transactions, settings.idempotencyRetention());
    var spendings =
        new Spendings(database, transactions, counters, clock, settings.requestTimeout());
    var api = new SpendingApi(spendings, registry, tracing);
    try {
      server =
          ServiceServer.builder("base", settings.server(), metrics)
              .ready("database", watch::health)
              .feature(
                  OpenApiFeature.builder()
                      .servicesDiscoverServices(false)
                      .staticFile("io/outboxpipeline/base/openapi.yaml")
                      .build())
              .routing(routing -> routing.register(SpendingApi.PATH, api))
              .start();
    } catch (RuntimeException e) {
      release();
      throw e;
    }
  }

  /**
   * Starts a base. It listens at once, and is ready once the database is there and up to date.
   *
   * @throws io.outboxpipeline.runtime.PortInUse if another process has the port
   */
  public static BaseService start(BaseSettings settings) {
    return start(settings, InstantSource.system());
  }

  static BaseService start(BaseSettings settings, InstantSource clock) {
    return new BaseService(settings, clock);
  }

  private static Duration shorter(Duration a, Duration b) {
    return a.compareTo(b) < 0 ? a : b;
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
    purge.close();
    watch.close();
    database.close();
    apart.close();
    metrics.close();
    tracing.close();
  }
}
