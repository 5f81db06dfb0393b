package io.outboxpipeline.spring.receiver.boot3;

import io.outboxpipeline.spring.boot.ReceiverAutoConfiguration;
import io.outboxpipeline.spring.receiver.OutboxReceiver;
import org.springframework.boot.actuate.autoconfigure.health.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.actuate.health.HealthIndicator;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.context.annotation.Bean;

/** The receiver in health, where the application has the actuator. */
@AutoConfiguration(after = ReceiverAutoConfiguration.class)
@ConditionalOnClass({HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class})
@ConditionalOnBean(OutboxReceiver.class)
@ConditionalOnEnabledHealthIndicator("outbox-receiver")
public class ReceiverHealthAutoConfiguration {
  @Bean
  HealthIndicator outboxReceiverHealthIndicator(OutboxReceiver receiver) {
    return new ReceiverHealth(receiver);
  }
}
