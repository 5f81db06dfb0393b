package io.outboxpipeline.spring.boot3;

import io.outboxpipeline.spring.OutboxState;
import io.outboxpipeline.spring.boot.OutboxEndpoint;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.springframework.boot.actuate.health.Health;
import org.springframework.boot.actuate.health.HealthIndicator;

/**
 * What waits and what is held, never DOWN: platforms restart what is down, and a restart of the
 * writer sends no event. Whether the database is there says its own indicator.
 */
final class OutboxHealth implements HealthIndicator {
  private final DataSource database;

  OutboxHealth(DataSource database) {
    this.database = database;
  }

  @Override
  public Health health() {
    try {
      return Health.up().withDetails(OutboxEndpoint.details(OutboxState.read(database))).build();
    } catch (SQLException e) {
      return Health.unknown().withException(e).build();
    }
  }
}
