package io.outboxpipeline.operator;

import static java.lang.System.Logger.Level.ERROR;
import static java.lang.System.Logger.Level.WARNING;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfiguration;
import io.javaoperatorsdk.operator.monitoring.micrometer.MicrometerMetrics;
import io.javaoperatorsdk.operator.processing.event.rate.LinearRateLimiter;
import io.javaoperatorsdk.operator.processing.retry.GenericRetry;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.outboxpipeline.operator.model.Wanted;
import io.outboxpipeline.operator.queue.QueueCare;
import io.outboxpipeline.operator.queue.Queues;
import io.outboxpipeline.operator.queue.SqsClients;
import io.outboxpipeline.operator.table.TableCare;
import io.outboxpipeline.operator.table.TableClients;
import io.outboxpipeline.operator.table.Tables;
import io.outboxpipeline.runtime.Backoff;
import io.outboxpipeline.runtime.Health;
import io.outboxpipeline.runtime.Metrics;
import io.outboxpipeline.runtime.RunningService;
import io.outboxpipeline.runtime.ServiceServer;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.Executors;

/** The operator: its watches, its reconciles, its health and metrics. Thread-safe. */
public final class OperatorService implements RunningService {
  private static final System.Logger LOG = System.getLogger(OperatorService.class.getName());

  /** How many pipelines are worked on at once; most of the time of each is waiting. */
  private static final int AT_ONCE = 50;

  /** How long the start waits for a namespace that does not let itself be read. */
  private static final Duration SYNC = Duration.ofSeconds(5);

  /** How long the stop waits for passes that are under way: a call to SQS, and a little more. */
  private static final Duration PASS = Duration.ofSeconds(12);

  private final Metrics metrics = new Metrics();
  private final KubernetesClient client;
  private final SqsClients sqs;
  private final PipelineReconciler reconciler;
  private final Operator operator;
  private final ServiceServer server;
  private volatile boolean watchLost;
  private volatile boolean leads;
  private volatile boolean stopping;

  private OperatorService(OperatorSettings settings, KubernetesClient client) {
    this.client = client;
    sqs = new SqsClients(settings.sqsTimeout());
    reconciler =
        new PipelineReconciler(
            settings,
            new QueueCare(
                new Queues(sqs),
                settings.resync(),
                new Backoff(Duration.ofSeconds(2), Duration.ofMinutes(1)),
                System::nanoTime),
            new TableCare(
                new Tables(new TableClients(settings.sqsTimeout())),
                settings.resync(),
                new Backoff(Duration.ofSeconds(2), Duration.ofMinutes(1)),
                System::nanoTime),
            new OwnedObjects(
                Counter.builder("outboxpipeline.operator.writes")
                    .description("Objects that were applied or deleted because they differed")
                    .register(metrics.registry())),
            new EventRecorder(client, InstantSource.system()),
            new PipelineMetrics(metrics.registry()),
            client,
            InstantSource.system());
    operator = operator(settings);
    leads = settings.election().isEmpty();
    Gauge.builder("outboxpipeline.operator.leader", () -> leads ? 1 : 0)
        .description("Whether this operator is the one that works")
        .register(metrics.registry());
    server =
        ServiceServer.builder("operator", settings.server(), metrics)
            .live(
                "watches",
                () ->
                    watchLost
                        ? Health.down("a watch of the API server is lost for good")
                        : Health.up())
            .ready(
                "caches",
                () ->
                    operator.getRuntimeInfo().isStarted()
                        ? Health.up()
                        : Health.down("the caches are not filled yet"))
            .onStop(this::stop)
            .start();
  }

  private Operator operator(OperatorSettings settings) {
    var made =
        new Operator(
            o -> {
              o.withKubernetesClient(client)
                  .withCloseClientOnStop(false)
                  .withMetrics(MicrometerMetrics.withoutPerResourceMetrics(metrics.registry()))
                  .withConcurrentReconciliationThreads(AT_ONCE)
                  .withExecutorService(
                      Executors.newFixedThreadPool(AT_ONCE, Thread.ofVirtual().factory()))
                  // A namespace that is gone or refuses is not the end of the others.
                  .withStopOnInformerErrorDuringStartup(false)
                  .withCacheSyncTimeout(SYNC)
                  .withReconciliationTerminationTimeout(Duration.ofSeconds(10))
                  .withInformerStoppedHandler(
                      (informer, e) -> {
                        if (e != null) {
                          LOG.log(ERROR, "a watch is lost for good; this process must restart", e);
                          watchLost = true;
                        }
                      });
              settings
                  .election()
                  .ifPresent(
                      e ->
                          o.withLeaderElectionConfiguration(
                              new LeaderElectionConfiguration(
                                  e.lease(),
                                  e.namespace(),
                                  LeaderElectionConfiguration.LEASE_DURATION_DEFAULT_VALUE,
                                  LeaderElectionConfiguration.RENEW_DEADLINE_DEFAULT_VALUE,
                                  LeaderElectionConfiguration.RETRY_PERIOD_DEFAULT_VALUE,
                                  e.identity(),
                                  new LeaderCallbacks(
                                      () -> leads = true, this::stopLeading, l -> {}),
                                  false)));
            });
    made.register(
        reconciler,
        c -> {
          c.withName("outboxpipeline")
              .withFieldManager(Wanted.FIELD_MANAGER)
              .withRetry(
                  new GenericRetry()
                      .setInitialInterval(Duration.ofSeconds(1))
                      .setIntervalMultiplier(2)
                      .setMaxInterval(Duration.ofMinutes(1).toMillis())
                      .withoutMaxAttempts())
              .withRateLimiter(new LinearRateLimiter(Duration.ofSeconds(1), 5))
              .withReconciliationMaxInterval(settings.resync());
          if (settings.namespaces().isEmpty()) {
            c.watchingAllNamespaces();
          } else {
            c.settingNamespaces(settings.namespaces());
          }
        });
    return made;
  }

  /** Starts the operator on the cluster that it runs in, or that the kubeconfig names. */
  public static OperatorService start(OperatorSettings settings) {
    return start(settings, new KubernetesClientBuilder().build());
  }

  /**
   * Starts the operator; returns once its caches are filled.
   *
   * @param client is closed with it
   */
  static OperatorService start(OperatorSettings settings, KubernetesClient client) {
    var service = new OperatorService(settings, client);
    try {
      service.operator.start();
    } catch (RuntimeException e) {
      service.close();
      throw e;
    }
    return service;
  }

  @Override
  public ServiceServer server() {
    return server;
  }

  /** Another one leads, or nobody could be asked: work that is under way must not go on. */
  private void stopLeading() {
    leads = false;
    if (!stopping) {
      LOG.log(ERROR, "no longer the leader; this process ends, and starts anew as a stand-by");
      System.exit(1);
    }
  }

  private void stop() {
    stopping = true;
    if (!reconciler.quiesce(PASS)) {
      LOG.log(WARNING, "a pass still works after {0}; the stop goes on", PASS);
    }
    operator.stop();
    reconciler.close();
  }

  @Override
  public void close() {
    server.close();
    sqs.close();
    client.close();
    metrics.close();
  }
}
