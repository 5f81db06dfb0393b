package io.outboxpipeline.spring.boot;

import io.outboxpipeline.testkit.Database;
import java.util.ArrayList;
import java.util.List;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.util.ClassUtils;

/** Starts applications as a user would, with everything that Spring Boot finds. */
final class Sample {
  static final String[] JDBC_ALONE = {
    "spring.autoconfigure.exclude="
        + "org.springframework.boot.autoconfigure.orm.jpa.HibernateJpaAutoConfiguration,"
        + "org.springframework.boot.autoconfigure.data.jpa.JpaRepositoriesAutoConfiguration,"
        + "org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration,"
        + "org.springframework.boot.data.jpa.autoconfigure.DataJpaRepositoriesAutoConfiguration,"
        + "org.springframework.boot.autoconfigure.jooq.JooqAutoConfiguration,"
        + "org.springframework.boot.jooq.autoconfigure.JooqAutoConfiguration"
  };

  private Sample() {}

  static String[] properties(Database database, String... more) {
    List<String> all =
        new ArrayList<>(
            List.of(
                "spring.datasource.url=" + url(database),
                "spring.datasource.username=" + database.user(),
                "spring.datasource.password=" + database.password(),
                "spring.datasource.hikari.maximum-pool-size=4",
                "spring.sql.init.mode=always",
                "spring.sql.init.schema-locations=classpath:sample/orders.sql",
                "spring.main.banner-mode=off",
                "spring.jmx.enabled=false",
                "logging.level.root=warn"));
    if (ClassUtils.isPresent(
        "org.springframework.boot.flyway.autoconfigure.FlywayAutoConfiguration", null)) {
      // With Boot 4, an application has this module only if it uses Flyway.
      all.add("spring.flyway.enabled=false");
    }
    all.addAll(List.of(more));
    return all.toArray(String[]::new);
  }

  /** With the driver of the server's own. */
  private static String url(Database database) {
    return database.number("SELECT VERSION() LIKE '%MariaDB%'") == 1
        ? database.jdbcUrl().replace("jdbc:mysql:", "jdbc:mariadb:")
        : database.jdbcUrl();
  }

  static ConfigurableApplicationContext start(Class<?> application, String... properties) {
    return new SpringApplicationBuilder(application)
        .web(WebApplicationType.NONE)
        .registerShutdownHook(false)
        .properties(properties)
        .run();
  }
}
