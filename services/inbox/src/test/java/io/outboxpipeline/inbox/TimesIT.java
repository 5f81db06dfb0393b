package io.outboxpipeline.inbox;

import static io.outboxpipeline.inbox.Deliveries.again;
import static io.outboxpipeline.inbox.Deliveries.chain;
import static io.outboxpipeline.inbox.Deliveries.event;
import static org.assertj.core.api.Assertions.assertThat;

import io.outboxpipeline.inbox.RejectedEventException.Rejection;
import io.outboxpipeline.outbox.CloudEventsCodec.Received;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Times are right in a session whose zone has an hour twice, or leaves one out. */
@ParameterizedClass
@EnumSource(TestDatabase.class)
@Execution(ExecutionMode.SAME_THREAD)
@ResourceLock(Deliveries.EMPTIED)
final class TimesIT {
  private static final Chain ALICE = chain("alice");

  /** When the clocks go back from 3:00 to 2:00, and forward from 2:00 to 3:00. */
  private static final Instant BACK = Instant.parse("2026-10-25T01:00:00Z");

  private static final Instant FORWARD = Instant.parse("2026-03-29T01:00:00Z");

  private final TestDatabase server;
  private final Inbox inbox = new Inbox(Start.AT_ONE);
  private Database database = new Database("", 0, "", "", "");

  TimesIT(TestDatabase server) {
    this.server = server;
  }

  @BeforeEach
  void empty() {
    database = Deliveries.database(server);
    database.execute(
        "DELETE FROM mysql.time_zone WHERE Time_zone_id = 9001",
        "DELETE FROM mysql.time_zone_name WHERE Time_zone_id = 9001",
        "DELETE FROM mysql.time_zone_transition WHERE Time_zone_id = 9001",
        "DELETE FROM mysql.time_zone_transition_type WHERE Time_zone_id = 9001",
        "INSERT INTO mysql.time_zone (Time_zone_id, Use_leap_seconds) VALUES (9001, 'N')",
        "INSERT INTO mysql.time_zone_name (Name, Time_zone_id) VALUES ('Test/Summer', 9001)",
        "INSERT INTO mysql.time_zone_transition_type VALUES (9001, 0, 3600, 0, 'W'), (9001, 1, 7200, 1, 'S')",
        "INSERT INTO mysql.time_zone_transition VALUES (9001, 0, 0), (9001, %s, 1), (9001, %s, 0)"
            .formatted(FORWARD.getEpochSecond(), BACK.getEpochSecond()));
  }

  private interface Work<T> {
    T on(Connection transaction) throws SQLException;
  }

  private <T> T at(Instant time, String zone, Work<T> work) throws SQLException {
    try (Connection c = database.dataSource().getConnection();
        var s = c.createStatement()) {
      s.execute("SET time_zone = '" + zone + "'");
      s.execute("SET timestamp = " + time.getEpochSecond());
      c.setAutoCommit(false);
      T result = work.on(c);
      c.commit();
      return result;
    }
  }

  private void receive(Instant time, Received... events) throws SQLException {
    at(
        time,
        "Test/Summer",
        c ->
            inbox.receive(
                c,
                List.of(events),
                (tx, run) -> {
                  throw new RejectedEventException(
                      List.of(new Rejection(run.getFirst(), "not understood")));
                }));
  }

  @Test
  void a_wait_begins_when_it_began_and_grows_by_the_time_that_passes() throws SQLException {
    for (Instant change : List.of(BACK, FORWARD)) {
      empty();
      for (int quarters = -8; quarters < 8; quarters++) {
        Instant begun = change.plus(Duration.ofMinutes(15L * quarters));
        Chain chain = chain("alice" + quarters);
        receive(begun, event(chain, 3));
        receive(begun.plus(Duration.ofHours(1)), event(chain, 5));
        for (String zone : List.of("Test/Summer", "+00:00", "-11:00")) {
          List<Waiting> waiting = at(begun, zone, c -> Inbox.waiting(c, 100));
          assertThat(waiting)
              .as("%s %s", change, zone)
              .filteredOn(w -> w.chain().equals(chain))
              .extracting(Waiting::since)
              .containsExactly(begun);
          StalledChains stalled = at(change.plus(Duration.ofHours(3)), zone, Inbox::stalled);
          assertThat(stalled.oldestWait()).as("%s %s", change, zone).isEqualTo(Duration.ofHours(5));
        }
      }
    }
  }

  @Test
  void so_does_a_decision_that_is_waited_for() throws SQLException {
    for (Instant now : List.of(BACK.minusSeconds(1800), BACK.plusSeconds(1800), FORWARD)) {
      empty();
      receive(now, event(ALICE, 1));
      receive(now, event(ALICE, 3), again(ALICE, 3, Duration.ZERO));
      for (String zone : List.of("Test/Summer", "+00:00", "+13:00")) {
        List<Held> held = at(now, zone, c -> Inbox.held(c, 10));
        assertThat(held).extracting(Held::since).as("%s %s", now, zone).containsExactly(now);
        assertThat(held.getFirst().event().time()).isEqualTo(event(ALICE, 1).event().time());
        List<Conflicting> conflicts = at(now, zone, c -> Inbox.conflicts(c, 10));
        assertThat(conflicts)
            .extracting(Conflicting::since)
            .as("%s %s", now, zone)
            .containsExactly(now);
      }
    }
  }
}
