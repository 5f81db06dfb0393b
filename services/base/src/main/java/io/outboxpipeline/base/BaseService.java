package io.outboxpipeline.base;

import com.zaxxer.hikari.HikariDataSource;
import io.helidon.openapi.OpenApiFeature;
import io.micrometer.core.instrument.Counter;
import io.outboxpipeline.runtime.Metrics;
import io.outboxpipeline.runtime.RunningService;
import io.outboxpipeline.runtime.ServiceServer;
import io.outboxpipeline.runtime.Transactions;
import java.time.InstantSource;

/** A running base. Several may run in one JVM. */
public final class BaseService implements RunningService {
  private final Metrics metrics = new Metrics();
  private final HikariDataSource database;
  private final DatabaseWatch watch;
  private final KeyPurge purge;
  private final ServiceServer server;

  private BaseService(BaseSettings settings) {
    var registry = metrics.registry();
    var clock = InstantSource.system();
    database = settings.mysql().open("base", false, registry);
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
    watch = DatabaseWatch.start(database, settings.migrate(), counters);
    purge = KeyPurge.start(transactions, clock, settings.idempotencyRetention());
    var api = new SpendingApi(new Spendings(database, transactions, counters, clock), registry);
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
    return new BaseService(settings);
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
    metrics.close();
  }
}
