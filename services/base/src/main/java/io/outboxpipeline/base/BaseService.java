package io.outboxpipeline.base;

import io.helidon.openapi.OpenApiFeature;
import io.outboxpipeline.runtime.Metrics;
import io.outboxpipeline.runtime.RunningService;
import io.outboxpipeline.runtime.ServiceServer;
import io.outboxpipeline.runtime.Tracing;
import java.time.InstantSource;

/** A running base. Several may run in one JVM. */
public final class BaseService implements RunningService {
  private final SpendingStore store;
  private final Tracing tracing = Tracing.start("base");
  private final Metrics metrics = new Metrics(tracing);
  private final ServiceServer server;

  private BaseService(BaseSettings settings, InstantSource clock) {
    var registry = metrics.registry();
    store =
        settings
            .dynamoDb()
            .<SpendingStore>map(table -> new DynamoDbStore(settings, table, clock))
            .orElseGet(() -> new MySqlStore(settings, registry, clock));
    var api = new SpendingApi(store, registry, tracing);
    try {
      server =
          ServiceServer.builder("base", settings.server(), metrics)
              .ready("database", store::health)
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
    store.close();
    metrics.close();
    tracing.close();
  }
}
