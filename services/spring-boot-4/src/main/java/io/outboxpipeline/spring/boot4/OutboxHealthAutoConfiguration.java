package io.outboxpipeline.spring.boot4;

import io.outboxpipeline.spring.boot.OutboxAutoConfiguration;
import io.outboxpipeline.spring.boot.OutboxDatabase;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;

/** The outbox in health, where the application has the actuator. */
@AutoConfiguration(after = OutboxAutoConfiguration.class)
@ConditionalOnClass({HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class})
@ConditionalOnBean(OutboxDatabase.class)
@ConditionalOnEnabledHealthIndicator("outbox")
public class OutboxHealthAutoConfiguration {
  @Bean
  HealthIndicator outboxHealthIndicator(OutboxDatabase database) {
    return new OutboxHealth(database.dataSource());
  }
}
