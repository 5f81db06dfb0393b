package io.outboxpipeline.examples;

import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.NewEvent;
import io.outboxpipeline.outbox.Outbox;
import jakarta.transaction.Transactional;
import java.sql.SQLException;
import javax.sql.DataSource;

/** Orders that are placed in a transaction of JTA, as a bean of Quarkus does. */
class JtaOrders {
  private final DataSource database;

  JtaOrders(DataSource database) {
    this.database = database;
  }

  @Transactional
  void place(String id) throws SQLException {
    try (var c = database.getConnection();
        var insert = c.prepareStatement("INSERT INTO orders (id) VALUES (?)")) {
      insert.setString(1, id);
      insert.executeUpdate();
      Outbox.append(c, NewEvent.json(new Aggregate("order", id), "order.placed", "{}"));
    }
  }
}
