package io.outboxpipeline.spring.boot;

import io.micrometer.core.instrument.MeterRegistry;
import io.outboxpipeline.receiver.Receiver;
import io.outboxpipeline.receiver.ReceiverMeters;
import io.outboxpipeline.receiver.ReceiverMetrics;
import io.outboxpipeline.spring.receiver.JsonPayloadReader;
import io.outboxpipeline.spring.receiver.OutboxReceiver;
import io.outboxpipeline.spring.receiver.PayloadReader;
import io.outboxpipeline.spring.receiver.SqsCustomizer;
import java.time.InstantSource;
import javax.sql.DataSource;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * An {@link OutboxReceiver} for the application's listeners, and the inbox's tables in its
 * database, where the application names a queue.
 */
@AutoConfiguration(
    afterName = {
      "org.springframework.boot.autoconfigure.jdbc.DataSourceAutoConfiguration",
      "org.springframework.boot.autoconfigure.jdbc.DataSourceTransactionManagerAutoConfiguration",
      "org.springframework.boot.autoconfigure.orm.jpa.HibernateJpaAutoConfiguration",
      "org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration",
      "org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration",
      "org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration",
      "org.springframework.boot.actuate.autoconfigure.metrics.CompositeMeterRegistryAutoConfiguration",
      "org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration"
    })
@ConditionalOnClass({Receiver.class, OutboxReceiver.class})
@ConditionalOnBean({DataSource.class, PlatformTransactionManager.class})
@ConditionalOnProperty("outboxpipeline.receiver.queue")
@EnableConfigurationProperties(ReceiverProperties.class)
public class ReceiverAutoConfiguration {

  @Bean
  InboxMigration inboxMigration(
      ConfigurableListableBeanFactory beans, ReceiverProperties properties) {
    DataSource database =
        Choice.of(
            beans,
            DataSource.class,
            properties.dataSource(),
            "outboxpipeline.receiver.data-source");
    return new InboxMigration(database, properties.migrations().enabled());
  }

  @Bean
  @ConditionalOnMissingBean
  PayloadReader outboxPayloadReader() {
    return new JsonPayloadReader();
  }

  @Bean
  @ConditionalOnMissingBean
  OutboxReceiver outboxReceiver(
      ConfigurableListableBeanFactory beans,
      ReceiverProperties properties,
      PayloadReader payloads,
      ObjectProvider<ReceiverMetrics> metrics,
      ObjectProvider<SqsCustomizer> customizers) {
    PlatformTransactionManager manager =
        Choice.of(
            beans,
            PlatformTransactionManager.class,
            properties.transactionManager(),
            "outboxpipeline.receiver.transaction-manager");
    return new OutboxReceiver(
        properties.settings(),
        manager,
        beans,
        payloads,
        metrics.getIfAvailable(() -> ReceiverMetrics.NONE),
        customizers.orderedStream().toList());
  }

  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(MeterRegistry.class)
  @ConditionalOnBean(MeterRegistry.class)
  static class Meters {
    @Bean
    @ConditionalOnMissingBean(ReceiverMetrics.class)
    ReceiverMeters outboxReceiverMeters(MeterRegistry registry) {
      return new ReceiverMeters(registry, InstantSource.system());
    }

    @Bean
    SmartInitializingSingleton outboxReceiverGauges(
        ObjectProvider<ReceiverMeters> meters, OutboxReceiver receiver) {
      return () -> meters.ifAvailable(m -> m.show(receiver::stalled));
    }
  }
}
