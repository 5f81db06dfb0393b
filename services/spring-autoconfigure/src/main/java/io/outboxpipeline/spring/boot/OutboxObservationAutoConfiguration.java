package io.outboxpipeline.spring.boot;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.tracing.Tracer;
import io.micrometer.tracing.propagation.Propagator;
import io.outboxpipeline.outbox.AppendInterceptor;
import io.outboxpipeline.spring.OutboxTemplate;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;

/** Measures each append, and lets events carry the current trace. */
@AutoConfiguration(before = OutboxAutoConfiguration.class)
@ConditionalOnClass(OutboxTemplate.class)
public class OutboxObservationAutoConfiguration {

  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(MeterRegistry.class)
  static class Meters {
    @Bean
    @Order(100)
    AppendInterceptor outboxMeters(ObjectProvider<MeterRegistry> registry) {
      return new AppendTimer(registry::getIfUnique);
    }
  }

  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass({Tracer.class, Propagator.class})
  static class Traces {
    @Bean
    @Order(0)
    AppendInterceptor outboxTraces(
        ObjectProvider<Tracer> tracer, ObjectProvider<Propagator> propagator) {
      return new TraceHeaders(tracer::getIfUnique, propagator::getIfUnique);
    }
  }
}
