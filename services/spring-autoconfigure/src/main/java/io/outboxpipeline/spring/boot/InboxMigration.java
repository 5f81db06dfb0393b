package io.outboxpipeline.spring.boot;

import io.outboxpipeline.migrations.Migrations;
import javax.sql.DataSource;
import org.springframework.beans.factory.InitializingBean;

/**
 * Brings the inbox's tables up to date. It is an initializer of the database for Spring Boot: it
 * runs after those of the application and before anything that uses the database.
 */
public final class InboxMigration implements InitializingBean {
  private final DataSource database;
  private final boolean enabled;

  InboxMigration(DataSource database, boolean enabled) {
    this.database = database;
    this.enabled = enabled;
  }

  @Override
  public void afterPropertiesSet() {
    if (enabled) {
      Migrations.inbox(database);
    }
  }
}
