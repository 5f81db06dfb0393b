package io.outboxpipeline.spring.boot;

import io.outboxpipeline.outbox.AppendInterceptor;
import io.outboxpipeline.outbox.EventAppender;
import io.outboxpipeline.outbox.JsonPayloads;
import io.outboxpipeline.outbox.Outbox;
import io.outboxpipeline.outbox.PayloadWriter;
import io.outboxpipeline.spring.OutboxTemplate;
import java.util.Iterator;
import javax.sql.DataSource;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * An {@link OutboxTemplate} for the application's database, and the outbox's tables in it. It gives
 * no bean of another library's type, because such a bean would switch the application's own off.
 */
@AutoConfiguration(
    afterName = {
      "org.springframework.boot.autoconfigure.jdbc.DataSourceAutoConfiguration",
      "org.springframework.boot.autoconfigure.jdbc.DataSourceTransactionManagerAutoConfiguration",
      "org.springframework.boot.autoconfigure.orm.jpa.HibernateJpaAutoConfiguration",
      "org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration",
      "org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration",
      "org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration"
    })
@ConditionalOnClass(OutboxTemplate.class)
@ConditionalOnBean({DataSource.class, PlatformTransactionManager.class})
@EnableConfigurationProperties(OutboxProperties.class)
public class OutboxAutoConfiguration {

  @Bean
  @ConditionalOnMissingBean
  OutboxDatabase outboxDatabase(
      ConfigurableListableBeanFactory beans, OutboxProperties properties) {
    return new OutboxDatabase(
        Choice.of(
            beans, DataSource.class, properties.dataSource(), "outboxpipeline.outbox.data-source"));
  }

  @Bean
  OutboxMigration outboxMigration(OutboxDatabase database, OutboxProperties properties) {
    return new OutboxMigration(database.dataSource(), properties.migrations().enabled());
  }

  @Bean
  @ConditionalOnMissingBean
  PayloadWriter outboxPayloadWriter() {
    return new JsonPayloads();
  }

  @Bean
  @ConditionalOnMissingBean
  EventAppender outboxEventAppender(ObjectProvider<AppendInterceptor> interceptors) {
    EventAppender appender = Outbox.appender();
    for (Iterator<AppendInterceptor> i = interceptors.orderedStream().iterator(); i.hasNext(); ) {
      appender = appender.with(i.next());
    }
    return appender;
  }

  @Bean
  @ConditionalOnMissingBean
  OutboxTemplate outboxTemplate(
      ConfigurableListableBeanFactory beans,
      OutboxProperties properties,
      EventAppender appender,
      PayloadWriter payloads) {
    PlatformTransactionManager manager =
        Choice.of(
            beans,
            PlatformTransactionManager.class,
            properties.transactionManager(),
            "outboxpipeline.outbox.transaction-manager");
    return new OutboxTemplate(manager, appender, payloads);
  }
}
