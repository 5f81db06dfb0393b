package io.outboxpipeline.spring.boot;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The settings {@code outboxpipeline.outbox.*}.
 *
 * @param dataSource the name of the bean on whose database the tables are, where there are several
 * @param transactionManager the name of the bean in whose transactions events are appended, where
 *     there are several
 */
@ConfigurationProperties("outboxpipeline.outbox")
public record OutboxProperties(
    @Nullable String dataSource,
    @Nullable String transactionManager,
    @DefaultValue Migrations migrations) {

  /**
   * The settings {@code outboxpipeline.outbox.migrations.*}.
   *
   * @param enabled whether the application brings the tables up to date when it starts
   */
  public record Migrations(@DefaultValue("true") boolean enabled) {}
}
