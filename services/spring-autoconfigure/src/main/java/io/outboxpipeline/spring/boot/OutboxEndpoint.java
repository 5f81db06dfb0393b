package io.outboxpipeline.spring.boot;

import io.outboxpipeline.spring.OutboxState;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.sql.DataSource;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;

/** The actuator's endpoint {@code outbox}: what waits and what is held. */
@Endpoint(id = "outbox")
public final class OutboxEndpoint {
  private final DataSource database;

  OutboxEndpoint(DataSource database) {
    this.database = database;
  }

  /** The outbox's state, or why it is not known. */
  @ReadOperation
  public Map<String, Object> state() {
    try {
      return details(OutboxState.read(database));
    } catch (SQLException e) {
      return Map.of("error", String.valueOf(e.getMessage()));
    }
  }

  /** A state as the actuator shows it, in its endpoint and in health. */
  public static Map<String, Object> details(OutboxState state) {
    Map<String, Object> details = new LinkedHashMap<>();
    details.put("waiting", number(state.waiting()));
    state.oldestSeconds().ifPresent(s -> details.put("oldestSeconds", s));
    details.put("held", number(state.held()));
    return details;
  }

  private static Object number(long n) {
    return n < OutboxState.MANY ? n : OutboxState.MANY + " or more";
  }
}
