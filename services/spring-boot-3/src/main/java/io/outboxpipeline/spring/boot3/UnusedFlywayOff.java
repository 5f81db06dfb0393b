package io.outboxpipeline.spring.boot3;

import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.env.EnvironmentPostProcessor;
import org.springframework.core.Ordered;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.PropertySource;
import org.springframework.util.ClassUtils;

/**
 * Switches Spring Boot's Flyway off in an application that does not use it. Boot 3 configures the
 * Flyway that the outbox's migrations bring along, which then refuses a database that has tables.
 * An application uses it if it has scripts in {@code db/migration} or sets any {@code
 * spring.flyway} property.
 */
public final class UnusedFlywayOff implements EnvironmentPostProcessor, Ordered {
  private static final String PREFIX = "spring.flyway.";

  @Override
  public void postProcessEnvironment(
      ConfigurableEnvironment environment, SpringApplication application) {
    ClassLoader loader = application.getClassLoader();
    if (loader == null) {
      loader = ClassUtils.getDefaultClassLoader();
    }
    boolean scripts = loader != null && loader.getResource("db/migration") != null;
    if (!scripts && !isSet(environment)) {
      environment
          .getPropertySources()
          .addLast(new MapPropertySource("outboxpipeline", Map.of(PREFIX + "enabled", false)));
    }
  }

  private static boolean isSet(ConfigurableEnvironment environment) {
    for (PropertySource<?> source : environment.getPropertySources()) {
      if (source instanceof EnumerablePropertySource<?> names) {
        for (String name : names.getPropertyNames()) {
          if (name.startsWith(PREFIX) || name.startsWith("SPRING_FLYWAY_")) {
            return true;
          }
        }
      }
    }
    return false;
  }

  /** After the application's own properties were read. */
  @Override
  public int getOrder() {
    return Ordered.LOWEST_PRECEDENCE;
  }
}
