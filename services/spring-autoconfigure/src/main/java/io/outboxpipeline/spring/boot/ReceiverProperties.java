package io.outboxpipeline.spring.boot;

import io.outboxpipeline.inbox.Start;
import io.outboxpipeline.spring.receiver.ReceiverSettings;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The settings {@code outboxpipeline.receiver.*}.
 *
 * @param queue a queue's name or URL; without it there is no receiver
 * @param deadLetterQueue a queue's name or URL; the redrive policy's by default
 * @param endpoint of SQS; the AWS SDK's own by default
 * @param region the AWS SDK's own by default
 * @param loops how many receive at once, each with a connection of the pool
 * @param pollWait whole seconds up to 20; stopping takes as long
 * @param start where an aggregate begins that the inbox does not know
 * @param autoStartup whether the receiver starts with the application
 * @param dataSource the name of the bean on whose database the inbox's tables are, where there are
 *     several
 * @param transactionManager the name of the bean in whose transactions listeners run, where there
 *     are several
 */
@ConfigurationProperties("outboxpipeline.receiver")
public record ReceiverProperties(
    String queue,
    @Nullable String deadLetterQueue,
    @Nullable URI endpoint,
    @Nullable String region,
    @DefaultValue("4") int loops,
    @DefaultValue("20s") Duration pollWait,
    @DefaultValue("at-one") Start start,
    @DefaultValue("true") boolean autoStartup,
    @Nullable String dataSource,
    @Nullable String transactionManager,
    @DefaultValue Migrations migrations) {

  /**
   * The settings {@code outboxpipeline.receiver.migrations.*}.
   *
   * @param enabled whether the application brings the tables up to date when it starts
   */
  public record Migrations(@DefaultValue("true") boolean enabled) {}

  ReceiverSettings settings() {
    return new ReceiverSettings(
        queue,
        Optional.ofNullable(deadLetterQueue),
        Optional.ofNullable(endpoint),
        Optional.ofNullable(region),
        loops,
        pollWait,
        start,
        autoStartup);
  }
}
