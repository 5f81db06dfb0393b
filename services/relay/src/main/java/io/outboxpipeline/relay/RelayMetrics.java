package io.outboxpipeline.relay;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.outboxpipeline.relay.backlog.Message;
import io.outboxpipeline.relay.send.SendMeter;
import java.time.Duration;
import java.time.Instant;

/** What the relay counts. Thread-safe. */
final class RelayMetrics implements SendMeter {
  private final Counter sent;
  private final Counter messages;
  private final Counter packed;
  private final Counter retries;
  private final Counter quarantined;
  private final Counter wentBack;
  private final Counter transactionRetries;
  private final Timer requests;
  private final Timer latency;

  RelayMetrics(MeterRegistry registry) {
    sent = counter(registry, "events.sent", "Events that SQS acknowledged");
    messages = counter(registry, "messages.sent", "Messages that SQS acknowledged");
    packed = counter(registry, "events.packed", "Events that went in a message with others");
    retries = counter(registry, "retries", "Messages to be sent again");
    quarantined = counter(registry, "events.quarantined", "Events found never to be sendable");
    wentBack =
        counter(registry, "database.went.back", "How often ids were given out that were seen");
    transactionRetries =
        counter(
            registry,
            "transaction.retries",
            "Transactions run again after a deadlock or lock wait");
    requests =
        Timer.builder("outbox.relay.batch")
            .description("Batches sent to SQS, and how long each took")
            .publishPercentileHistogram()
            .minimumExpectedValue(Duration.ofMillis(1))
            .maximumExpectedValue(Duration.ofSeconds(10))
            .register(registry);
    latency =
        Timer.builder("outbox.relay.latency")
            .description("From the writing of an event's row to its acknowledgement")
            .publishPercentileHistogram()
            .minimumExpectedValue(Duration.ofMillis(1))
            .maximumExpectedValue(Duration.ofMinutes(1))
            .register(registry);
  }

  private static Counter counter(MeterRegistry registry, String name, String description) {
    return Counter.builder("outbox.relay." + name).description(description).register(registry);
  }

  Counter transactionRetries() {
    return transactionRetries;
  }

  @Override
  public void request(long nanos) {
    requests.record(Duration.ofNanos(nanos));
  }

  @Override
  public void sent(Message message) {
    int events = message.events().size();
    sent.increment(events);
    messages.increment();
    if (events > 1) {
      packed.increment(events);
    }
    Instant now = Instant.now();
    message
        .events()
        .forEach(
            r -> {
              Duration took = Duration.between(r.createdAt(), now);
              latency.record(took.isNegative() ? Duration.ZERO : took);
            });
  }

  @Override
  public void retried() {
    retries.increment();
  }

  void wentBack() {
    wentBack.increment();
  }

  void quarantined() {
    quarantined.increment();
  }
}
