package io.outboxpipeline.inbox;

import static io.outboxpipeline.inbox.Deliveries.again;
import static io.outboxpipeline.inbox.Deliveries.chain;
import static io.outboxpipeline.inbox.Deliveries.event;
import static io.outboxpipeline.inbox.Deliveries.events;
import static io.outboxpipeline.inbox.Deliveries.numbers;
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
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** An outbox whose database went back gives numbers out again; none of those events is dropped. */
@ParameterizedClass
@EnumSource(TestDatabase.class)
@Execution(ExecutionMode.SAME_THREAD)
@ResourceLock(Deliveries.EMPTIED)
final class ConflictIT {
  private static final Chain ALICE = chain("alice");
  private static final Chain BOB = chain("bob");
  private static final Duration LATER = Duration.ofHours(1);

  private final TestDatabase server;
  private final Inbox inbox = new Inbox(Start.AT_ONE);
  private Database database = new Database("", 0, "", "", "");

  ConflictIT(TestDatabase server) {
    this.server = server;
  }

  @BeforeEach
  void empty() {
    database = Deliveries.database(server);
  }

  private interface Work<T> {
    T on(Connection transaction) throws SQLException;
  }

  private <T> T inTransaction(Work<T> work) throws SQLException {
    try (Connection c = database.dataSource().getConnection()) {
      c.setAutoCommit(false);
      T result = work.on(c);
      c.commit();
      return result;
    }
  }

  private List<Outcome> receive(List<Received> events) throws SQLException {
    return inTransaction(c -> inbox.receive(c, events, Deliveries::write)).outcomes();
  }

  private List<Outcome> receive(Received... events) throws SQLException {
    return receive(List.of(events));
  }

  private List<Conflicting> conflicts() throws SQLException {
    return inTransaction(c -> Inbox.conflicts(c, 10));
  }

  private Optional<Resumed> settle(Received event, boolean apply) throws SQLException {
    Event e = event.event();
    return inTransaction(
        c ->
            apply
                ? inbox.applyConflict(c, ALICE, e.sequence(), e.id(), Deliveries::write)
                : inbox.discardConflict(c, ALICE, e.sequence(), e.id(), Deliveries::write));
  }

  private List<Long> applied(Chain chain) {
    return Deliveries.applied(database).getOrDefault(chain.aggregate().id(), List.of());
  }

  @Test
  void another_event_with_the_last_number_is_held_with_what_follows() throws SQLException {
    receive(events(ALICE, 1, 3));
    // Even one that was written at the same time.
    assertThat(receive(again(ALICE, 3, Duration.ZERO), event(BOB, 1)))
        .hasExactlyElementsOfTypes(Conflict.class, Applied.class);
    assertThat(receive(event(ALICE, 4), event(ALICE, 3)))
        .containsExactly(new Parked(4), new Duplicate());
    assertThat(applied(ALICE)).isEqualTo(numbers(1, 3));

    Conflicting shown = conflicts().getFirst();
    assertThat(shown.chain()).isEqualTo(ALICE);
    assertThat(shown.event())
        .usingRecursiveComparison()
        .isEqualTo(again(ALICE, 3, Duration.ZERO).event());
    assertThat(shown.reason()).contains(event(ALICE, 3).event().id().toString());
    StalledChains stalled = inTransaction(Inbox::stalled);
    assertThat(stalled.conflicting()).isEqualTo(1);
    assertThat(stalled.waiting() + stalled.held()).isZero();
    List<Waiting> waiting = inTransaction(c -> Inbox.waiting(c, 10));
    assertThat(waiting).isEmpty();
  }

  @Test
  void so_is_one_with_an_earlier_number_that_was_written_later() throws SQLException {
    receive(events(ALICE, 1, 9));
    assertThat(receive(again(ALICE, 5, LATER))).hasExactlyElementsOfTypes(Conflict.class);
    assertThat(receive(again(ALICE, 6, LATER), event(ALICE, 5), event(ALICE, 10)))
        .hasExactlyElementsOfTypes(Conflict.class, Duplicate.class, Parked.class);
    assertThat(conflicts()).hasSize(2);
  }

  @Test
  void of_two_events_with_one_number_in_one_call_the_second_is_held() throws SQLException {
    assertThat(receive(event(ALICE, 1), again(ALICE, 1, LATER), event(ALICE, 2)))
        .hasExactlyElementsOfTypes(Applied.class, Conflict.class, Parked.class);
    assertThat(receive(event(BOB, 2), again(BOB, 2, LATER)))
        .hasExactlyElementsOfTypes(Parked.class, Conflict.class);
    assertThat(applied(ALICE)).containsExactly(1L);
  }

  @Test
  void so_is_one_whose_number_is_parked() throws SQLException {
    receive(event(ALICE, 3));
    assertThat(receive(again(ALICE, 3, LATER))).hasExactlyElementsOfTypes(Conflict.class);
    assertThat(receive(events(ALICE, 1, 2)))
        .as("the numbers before are not in doubt, but a person looks first")
        .containsExactly(new Parked(1), new Parked(1));
    assertThat(settle(again(ALICE, 3, LATER), false).orElseThrow().last()).isEqualTo(3);
    assertThat(applied(ALICE)).isEqualTo(numbers(1, 3));
  }

  @Test
  void a_decision_lets_the_chain_go_on_and_is_remembered() throws SQLException {
    receive(events(ALICE, 1, 2));
    receive(again(ALICE, 2, LATER), event(ALICE, 3), event(ALICE, 4));
    receive(again(ALICE, 1, LATER));
    assertThat(settle(event(ALICE, 2), true)).as("that one is not in conflict").isEmpty();
    Resumed first = settle(again(ALICE, 2, LATER), true).orElseThrow();
    assertThat(first.applied()).extracting(Event::sequence).containsExactly(2L);
    assertThat(first.last()).as("another conflict is open").isEqualTo(2);
    Resumed second = settle(again(ALICE, 1, LATER), false).orElseThrow();
    assertThat(second.applied()).extracting(Event::sequence).containsExactly(3L, 4L);
    assertThat(applied(ALICE)).containsExactly(1L, 2L, 2L, 3L, 4L);

    assertThat(receive(again(ALICE, 2, LATER), again(ALICE, 1, LATER), event(ALICE, 5)))
        .containsExactly(new Duplicate(), new Duplicate(), new Applied());
    assertThat(settle(again(ALICE, 1, LATER), true)).isEmpty();
    StalledChains stalled = inTransaction(Inbox::stalled);
    assertThat(stalled).isEqualTo(new StalledChains(0, Duration.ZERO, 0, Duration.ZERO));
  }

  @Test
  void what_a_consumer_of_the_previous_release_applied_is_no_conflict() throws SQLException {
    receive(events(ALICE, 1, 3));
    database.execute("UPDATE inbox SET last_sequence = 7");
    assertThat(receive(events(ALICE, 3, 8)))
        .containsOnly(new Duplicate(), new Applied())
        .endsWith(new Applied());
    assertThat(receive(events(ALICE, 1, 8))).containsOnly(new Duplicate());
  }

  @Test
  void deliveries_in_any_order_and_as_often_as_you_like_are_never_in_conflict()
      throws SQLException {
    for (int seed = 0; seed < 20; seed++) {
      var random = new Random(seed);
      Chain chain = chain("seed" + seed);
      List<Received> all = new ArrayList<>();
      for (int copies = 0; copies < 3; copies++) {
        all.addAll(events(chain, 1, 12));
      }
      Collections.shuffle(all, random);
      for (int from = 0; from < all.size(); ) {
        int to = Math.min(all.size(), from + 1 + random.nextInt(6));
        assertThat(receive(all.subList(from, to)))
            .as("seed %s", seed)
            .noneMatch(Conflict.class::isInstance);
        from = to;
      }
      assertThat(applied(chain)).as("seed %s", seed).isEqualTo(numbers(1, 12));
    }
  }
}
