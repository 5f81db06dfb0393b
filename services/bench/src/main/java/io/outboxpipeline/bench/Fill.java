package io.outboxpipeline.bench;

import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.NewEvent;
import io.outboxpipeline.outbox.Outbox;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;

/** Writes a backlog of events, through the library, spread evenly over aggregates. */
final class Fill {
  private static final int PER_TRANSACTION = 500;
  private static final String PAYLOAD =
      "{\"identity\":\"someone\",\"name\":\"A\",\"surname\":\"B\",\"amount\":\"12.50\",\"note\":\"%s\"}"
          .formatted("x".repeat(224));

  private Fill() {}

  /** Events of 300 bytes each. */
  static void backlog(DataSource database, int events, int aggregates) throws SQLException {
    try (Connection c = database.getConnection()) {
      c.setAutoCommit(false);
      for (int n = 0; n < events; n += PER_TRANSACTION) {
        List<NewEvent> batch = new ArrayList<>(PER_TRANSACTION);
        for (int i = n; i < Math.min(events, n + PER_TRANSACTION); i++) {
          batch.add(
              NewEvent.json(new Aggregate("bench", "a" + i % aggregates), "bench.event", PAYLOAD));
        }
        Outbox.append(c, batch);
        c.commit();
      }
    }
  }
}
