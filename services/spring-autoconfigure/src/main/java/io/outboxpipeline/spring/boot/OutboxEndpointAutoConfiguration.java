package io.outboxpipeline.spring.boot;

import io.outboxpipeline.spring.OutboxTemplate;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.context.annotation.Bean;

/** The endpoint {@code outbox}, where the application has the actuator and exposes it. */
@AutoConfiguration(after = OutboxAutoConfiguration.class)
@ConditionalOnClass({ConditionalOnAvailableEndpoint.class, OutboxTemplate.class})
@ConditionalOnBean(OutboxDatabase.class)
@ConditionalOnAvailableEndpoint(endpoint = OutboxEndpoint.class)
public class OutboxEndpointAutoConfiguration {
  @Bean
  OutboxEndpoint outboxEndpoint(OutboxDatabase database) {
    return new OutboxEndpoint(database.dataSource());
  }
}
