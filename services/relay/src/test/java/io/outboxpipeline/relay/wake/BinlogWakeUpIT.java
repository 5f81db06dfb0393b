package io.outboxpipeline.relay.wake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outboxpipeline.migrations.Migrations;
import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.NewEvent;
import io.outboxpipeline.outbox.Outbox;
import io.outboxpipeline.runtime.MySqlSettings;
import io.outboxpipeline.runtime.Secret;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.TcpProxy;
import io.outboxpipeline.testkit.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Needs MySQL: the embedded MariaDB keeps no binary log. */
final class BinlogWakeUpIT {
  private final Database database = TestDatabase.MYSQL.create();
  private final AtomicInteger wakes = new AtomicInteger();

  @BeforeEach
  void migrate() {
    Migrations.outbox(database.dataSource());
  }

  private BinlogWakeUp start(int port) {
    var settings =
        MySqlSettings.local(
            database.host(),
            port,
            database.name(),
            database.user(),
            new Secret(database.password()));
    var wakeUp = new BinlogWakeUp(settings, wakes::incrementAndGet);
    wakeUp.start();
    await().until(wakeUp::tellsOfEachCommit);
    return wakeUp;
  }

  private void append(boolean commit) throws SQLException {
    try (Connection c = database.dataSource().getConnection()) {
      c.setAutoCommit(false);
      Outbox.append(c, NewEvent.json(new Aggregate("test", "a"), "t", "{}"));
      if (commit) {
        c.commit();
      } else {
        c.rollback();
      }
    }
  }

  @Test
  void a_commit_with_events_wakes_and_nothing_else_does() throws SQLException {
    try (var _ = start(database.port())) {
      append(false);
      database.execute("INSERT INTO obt_aggregate VALUES ('other', 'x', 1)");
      append(true);
      await().until(() -> wakes.get() > 0);
      database.execute("DELETE FROM obt");
      append(true);
      await().until(() -> wakes.get() > 1);

      assertThat(wakes).hasValue(2);
    }
  }

  @Test
  void a_connection_that_broke_is_opened_again() throws Exception {
    try (var proxy = new TcpProxy(database.port());
        var wakeUp = start(proxy.port())) {
      proxy.cut();
      await().until(() -> !wakeUp.tellsOfEachCommit());
      proxy.restore();
      await().until(wakeUp::tellsOfEachCommit);
      append(true);

      await().until(() -> wakes.get() > 0);
    }
  }
}
