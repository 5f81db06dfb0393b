package io.outboxpipeline.spring.boot;

import io.outboxpipeline.migrations.Migrations;
import io.outboxpipeline.outbox.Schema;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.InitializingBean;
import org.springframework.jdbc.datasource.lookup.AbstractRoutingDataSource;

/**
 * Brings the outbox's tables up to date and looks whether they are as they have to be. It is an
 * initializer of the database for Spring Boot: it runs after those of the application and before
 * anything that uses the database, such as JPA's validation.
 */
public final class OutboxMigration implements InitializingBean {
  private static final Logger LOG = LoggerFactory.getLogger(OutboxMigration.class);

  private final DataSource database;
  private final boolean enabled;

  OutboxMigration(DataSource database, boolean enabled) {
    this.database = database;
    this.enabled = enabled;
  }

  @Override
  public void afterPropertiesSet() {
    if (database instanceof AbstractRoutingDataSource) {
      // It has no route now, and one of its databases is not all of them.
      LOG.info("The DataSource chooses its database by route: migrate each one by Migrations");
      return;
    }
    if (enabled) {
      Migrations.outbox(database);
    }
    List<String> missing;
    try (Connection c = database.getConnection()) {
      missing = Schema.missing(c);
    } catch (SQLException e) {
      LOG.warn("Nobody knows whether the outbox's tables are there: {}", e.getMessage());
      return;
    }
    if (!missing.isEmpty()) {
      throw new OutboxSchemaException(missing);
    }
  }
}
