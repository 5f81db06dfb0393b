package io.outboxpipeline.inbox;

import static io.outboxpipeline.inbox.Deliveries.again;
import static io.outboxpipeline.inbox.Deliveries.chain;
import static io.outboxpipeline.inbox.Deliveries.event;
import static io.outboxpipeline.inbox.Deliveries.events;
import static org.assertj.core.api.Assertions.assertThat;

import io.outboxpipeline.inbox.Outcome.Applied;
import io.outboxpipeline.inbox.Outcome.Conflict;
import io.outboxpipeline.inbox.Outcome.Duplicate;
import io.outboxpipeline.inbox.Outcome.Parked;
import io.outboxpipeline.outbox.CloudEventsCodec.Received;
import io.outboxpipeline.outbox.Event;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.TestDatabase;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The inbox does the same through every driver, with whatever properties and session. */
@Execution(ExecutionMode.SAME_THREAD)
@ResourceLock(Deliveries.EMPTIED)
final class DriversIT {
  private static final Chain ALICE = chain("alice 東京 😀");

  static Stream<Arguments> drivers() {
    List<String> urls = new ArrayList<>();
    for (String properties :
        List.of(
            "",
            "useServerPrepStmts=true",
            "useServerPrepStmts=true&cachePrepStmts=true&useLocalSessionState=true&useLocalTransactionState=true",
            "useAffectedRows=true",
            "rewriteBatchedStatements=true&cachePrepStmts=true&useAffectedRows=true",
            "allowMultiQueries=true&useCursorFetch=true&defaultFetchSize=1",
            "sessionVariables=sql_mode='ANSI,NO_BACKSLASH_ESCAPES'",
            "connectionTimeZone=%2B09:00&forceConnectionTimeZoneToSession=true&preserveInstants=true")) {
      urls.add("mysql?" + properties);
    }
    for (String properties :
        List.of(
            "",
            "useServerPrepStmts=true&cachePrepStmts=true",
            "useAffectedRows=true&useBulkStmts=true",
            "rewriteBatchedStatements=true&allowMultiQueries=true",
            "timezone=-07:00")) {
      urls.add("mariadb?" + properties);
    }
    return Stream.of(TestDatabase.values())
        .flatMap(server -> urls.stream().map(url -> Arguments.of(server, url)));
  }

  private static Connection begin(Database database, String driver) throws SQLException {
    int properties = driver.indexOf('?');
    String url =
        "jdbc:"
            + driver.substring(0, properties)
            + "://"
            + database.host()
            + ":"
            + database.port()
            + "/"
            + database.name()
            + driver.substring(properties)
            + (driver.startsWith("mariadb") ? "&sslMode=disable" : "&useSSL=false")
            + "&allowPublicKeyRetrieval=true";
    Connection c = DriverManager.getConnection(url, database.user(), database.password());
    c.setAutoCommit(false);
    return c;
  }

  /** Writes its run first, so that a rejection has something to undo. */
  private static void handle(Connection c, List<Event> run)
      throws SQLException, RejectedEventException {
    Deliveries.write(c, run);
    for (Event event : run) {
      if (event.sequence() == 6) {
        throw new RejectedEventException(event, "not six");
      }
    }
  }

  @ParameterizedTest
  @MethodSource("drivers")
  void every_outcome_is_the_same_through_every_driver(TestDatabase server, String driver)
      throws SQLException {
    Database database = Deliveries.database(server);
    var inbox = new Inbox(Start.AT_ONE);
    try (Connection c = begin(database, driver)) {
      assertThat(receive(inbox, c, List.of(event(ALICE, 1), event(ALICE, 3))))
          .containsExactly(new Applied(), new Parked(2));
      assertThat(receive(inbox, c, events(ALICE, 1, 2)))
          .containsExactly(new Duplicate(), new Applied());
      assertThat(receive(inbox, c, List.of(event(ALICE, 5), event(ALICE, 6), event(ALICE, 7))))
          .containsExactly(new Parked(4), new Parked(4), new Parked(4));
      Waiting waiting = Inbox.waiting(c, 10).getFirst();
      c.commit();
      assertThat(waiting.missing()).isEqualTo(4);
      assertThat(waiting.since())
          .isBetween(Instant.now().minusSeconds(60), Instant.now().plusSeconds(60));
      inbox.skip(c, ALICE, 4, DriversIT::handle);
      c.commit();
      Held held = Inbox.held(c, 10).getFirst();
      assertThat(held.event()).usingRecursiveComparison().isEqualTo(event(ALICE, 6).event());
      assertThat(held.since())
          .isBetween(Instant.now().minusSeconds(60), Instant.now().plusSeconds(60));
      c.commit();
      inbox.discard(c, ALICE, 6, DriversIT::handle);
      c.commit();
      assertThat(receive(inbox, c, List.of(again(ALICE, 7, Duration.ZERO))))
          .hasExactlyElementsOfTypes(Conflict.class);
      assertThat(Inbox.stalled(c).conflicting()).isEqualTo(1);
      Event conflict = Inbox.conflicts(c, 10).getFirst().event();
      assertThat(conflict)
          .usingRecursiveComparison()
          .isEqualTo(again(ALICE, 7, Duration.ZERO).event());
      inbox.discardConflict(c, ALICE, 7, conflict.id(), DriversIT::handle);
      c.commit();
      assertThat(Inbox.stalled(c)).isEqualTo(new StalledChains(0, Duration.ZERO, 0, Duration.ZERO));
      Chain bob = chain("bob");
      assertThat(receive(inbox, c, List.of(event(bob, 6), event(ALICE, 8))))
          .containsExactly(new Parked(1), new Applied());
      assertThat(receive(inbox, c, events(bob, 1, 5)).getLast()).isEqualTo(new Applied());
      assertThat(receive(inbox, c, List.of(event(bob, 6)))).containsExactly(new Parked(6));
    }
    assertThat(Deliveries.applied(database).get(ALICE.aggregate().id()))
        .containsExactly(1L, 2L, 3L, 5L, 7L, 8L);
  }

  private static List<Outcome> receive(Inbox inbox, Connection c, List<Received> events)
      throws SQLException {
    List<Outcome> outcomes = inbox.receive(c, events, DriversIT::handle).outcomes();
    c.commit();
    return outcomes;
  }
}
