package io.outboxpipeline.spring.receiver;

import io.outboxpipeline.inbox.EventHandler;
import io.outboxpipeline.inbox.StalledChains;
import io.outboxpipeline.receiver.Receiver;
import io.outboxpipeline.receiver.ReceiverMetrics;
import io.outboxpipeline.receiver.Undo;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.transaction.PlatformTransactionManager;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.sqs.SqsClient;

/**
 * A receiver that lives with an application: it starts after all beans, and stops before them and
 * before their pools are closed. It may be started again. Thread-safe.
 */
public final class OutboxReceiver implements SmartLifecycle, SmartInitializingSingleton {
  /** Beside a poll's wait, for the answer to come. */
  private static final Duration ANSWER = Duration.ofSeconds(10);

  private static final int PHASE = DEFAULT_PHASE - 100;

  private final ReceiverSettings settings;
  private final PlatformTransactionManager manager;
  private final ConfigurableListableBeanFactory beans;
  private final PayloadReader payloads;
  private final ReceiverMetrics metrics;
  private final List<SqsCustomizer> customizers;
  private Map<String, EventHandler> handlers = Map.of();
  private @Nullable SqsClient client;
  private volatile @Nullable Receiver receiver;

  /**
   * A receiver in a manager's transactions.
   *
   * @param manager of JDBC or JPA, on the database that has the inbox's tables
   * @param beans where listeners are looked for, after all singletons exist
   */
  public OutboxReceiver(
      ReceiverSettings settings,
      PlatformTransactionManager manager,
      ConfigurableListableBeanFactory beans,
      PayloadReader payloads,
      ReceiverMetrics metrics,
      List<SqsCustomizer> customizers) {
    this.settings = settings;
    this.manager = manager;
    this.beans = beans;
    this.payloads = payloads;
    this.metrics = metrics;
    this.customizers = List.copyOf(customizers);
  }

  /**
   * Finds the listeners.
   *
   * @throws IllegalStateException if one of them can't work, two have a type, or there are none
   */
  @Override
  public void afterSingletonsInstantiated() {
    handlers = Listeners.find(beans, payloads);
  }

  @Override
  public synchronized void start() {
    if (receiver != null) {
      return;
    }
    SqsClient sqs = open();
    try {
      Receiver started = receiver(sqs);
      started.start();
      receiver = started;
      client = sqs;
    } catch (RuntimeException e) {
      sqs.close();
      throw e;
    }
  }

  private Receiver receiver(SqsClient sqs) {
    DataSource database = ManagedDatabase.of(manager);
    var builder =
        Receiver.builder(database, sqs, settings.queue())
            .transactions(new SpringTransactions(manager, database))
            .undo(Undo.TRANSACTION)
            .start(settings.start())
            .loops(settings.loops())
            .pollWait(settings.pollWait())
            .metrics(metrics);
    settings.deadLetterQueue().ifPresent(builder::deadLetterQueue);
    handlers.forEach(builder::handler);
    return builder.build();
  }

  private SqsClient open() {
    Duration call = settings.pollWait().plus(ANSWER);
    var builder =
        SqsClient.builder()
            .httpClientBuilder(
                Apache5HttpClient.builder()
                    .maxConnections(2 * settings.loops() + 2)
                    .connectionAcquisitionTimeout(call)
                    .socketTimeout(call))
            .overrideConfiguration(o -> o.apiCallTimeout(call));
    settings.endpoint().ifPresent(builder::endpointOverride);
    settings.region().map(Region::of).ifPresent(builder::region);
    customizers.forEach(c -> c.customize(builder));
    return builder.build();
  }

  /** Receives no more, and returns when what is in hand is committed and deleted. */
  @Override
  public synchronized void stop() {
    Receiver running = receiver;
    if (running != null) {
      running.close();
      receiver = null;
    }
    if (client != null) {
      client.close();
      client = null;
    }
  }

  /** As {@link #stop()}, within the time that Spring gives a phase. */
  @Override
  public void stop(Runnable callback) {
    new Thread(
            () -> {
              try {
                stop();
              } finally {
                callback.run();
              }
            },
            "outbox-receiver-stop")
        .start();
  }

  @Override
  public boolean isRunning() {
    return receiver != null;
  }

  @Override
  public boolean isAutoStartup() {
    return settings.autoStartup();
  }

  @Override
  public int getPhase() {
    return PHASE;
  }

  /** The receiver, while it runs: its health, what stands still and what people decide. */
  public Optional<Receiver> current() {
    return Optional.ofNullable(receiver);
  }

  /** How many aggregates stand still; none while it does not run. */
  public StalledChains stalled() {
    return current()
        .map(Receiver::stalled)
        .orElseGet(() -> new StalledChains(0, Duration.ZERO, 0, Duration.ZERO));
  }
}
