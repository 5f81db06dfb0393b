package io.outboxpipeline.inbox;

import static io.outboxpipeline.inbox.Deliveries.chain;
import static io.outboxpipeline.inbox.Deliveries.event;
import static io.outboxpipeline.inbox.Deliveries.events;
import static io.outboxpipeline.inbox.Deliveries.numbers;
import static io.outboxpipeline.inbox.Deliveries.tombstone;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.outboxpipeline.inbox.Outcome.Applied;
import io.outboxpipeline.inbox.Outcome.Duplicate;
import io.outboxpipeline.inbox.Outcome.Parked;
import io.outboxpipeline.inbox.Outcome.Passed;
import io.outboxpipeline.inbox.Outcome.Rejected;
import io.outboxpipeline.inbox.RejectedEventException.Rejection;
import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.CloudEventsCodec.Received;
import io.outboxpipeline.outbox.Event;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource(TestDatabase.class)
@Execution(ExecutionMode.SAME_THREAD)
@ResourceLock(Deliveries.EMPTIED)
final class InboxIT {
  private static final Chain ALICE = chain("alice");
  private static final Chain BOB = chain("bob");

  private final TestDatabase server;
  private final Inbox inbox = new Inbox(Start.AT_ONE);
  private final Set<String> unreadable = new HashSet<>();
  private Database database = new Database("", 0, "", "", "");

  @SuppressWarnings("NullAway.Init") // opened before each test
  private Connection connection;

  InboxIT(TestDatabase server) {
    this.server = server;
  }

  @BeforeEach
  void open() throws SQLException {
    database = Deliveries.database(server);
    connection = database.dataSource().getConnection();
    connection.setAutoCommit(false);
  }

  @AfterEach
  void close() throws SQLException {
    if (connection != null) { // where the server can be had
      connection.close();
    }
  }

  private interface Work<T> {
    T on(Connection transaction) throws SQLException;
  }

  private <T> T inTransaction(Work<T> work) throws SQLException {
    try {
      T result = work.on(connection);
      connection.commit();
      return result;
    } catch (SQLException | RuntimeException e) {
      connection.rollback();
      throw e;
    }
  }

  /** Writes its run first, so that a rejection has something to undo. */
  private void handle(Connection transaction, List<Event> run)
      throws SQLException, RejectedEventException {
    Deliveries.write(transaction, run);
    List<Rejection> rejections = new ArrayList<>();
    for (Event event : run) {
      if (unreadable.contains(event.aggregate().id() + event.sequence())) {
        rejections.add(new Rejection(event, "no amount in " + event.sequence()));
      }
    }
    if (!rejections.isEmpty()) {
      throw new RejectedEventException(rejections);
    }
  }

  private Receipt receive(List<Received> events) throws SQLException {
    return inTransaction(c -> inbox.receive(c, events, this::handle));
  }

  private Receipt receive(Received... events) throws SQLException {
    return receive(List.of(events));
  }

  private List<Waiting> waiting() throws SQLException {
    return inTransaction(c -> Inbox.waiting(c, 10));
  }

  private List<Held> held() throws SQLException {
    return inTransaction(c -> Inbox.held(c, 10));
  }

  private StalledChains stalled() throws SQLException {
    return inTransaction(Inbox::stalled);
  }

  private Optional<Resumed> skip(Chain chain, long sequence) throws SQLException {
    return inTransaction(c -> inbox.skip(c, chain, sequence, this::handle));
  }

  private Optional<Resumed> retry(Chain chain, long sequence) throws SQLException {
    return inTransaction(c -> inbox.retry(c, chain, sequence, this::handle));
  }

  private Optional<Resumed> discard(Chain chain, long sequence) throws SQLException {
    return inTransaction(c -> inbox.discard(c, chain, sequence, this::handle));
  }

  private Resumed baseline(Chain chain, long last) throws SQLException {
    return inTransaction(c -> inbox.baseline(c, chain, last, this::handle));
  }

  private List<Long> applied(Chain chain) {
    return Deliveries.applied(database).getOrDefault(chain.aggregate().id(), List.of());
  }

  @Test
  void events_in_order_are_applied_and_repeated_ones_dropped() throws SQLException {
    assertThat(receive(event(ALICE, 1), event(BOB, 1), event(ALICE, 2), event(ALICE, 1)).outcomes())
        .containsExactly(new Applied(), new Applied(), new Applied(), new Duplicate());
    assertThat(receive(event(ALICE, 2), event(ALICE, 3)).outcomes())
        .containsExactly(new Duplicate(), new Applied());
    assertThat(applied(ALICE)).isEqualTo(numbers(1, 3));
    assertThat(applied(BOB)).isEqualTo(numbers(1, 1));
  }

  @Test
  void an_early_event_is_parked_whole_and_replayed_when_the_gap_closes() throws SQLException {
    assertThat(receive(event(ALICE, 4), event(ALICE, 3)).outcomes())
        .containsExactly(new Parked(1), new Parked(1));
    assertThat(receive(event(ALICE, 3)).outcomes()).containsExactly(new Parked(1));
    assertThat(receive(event(ALICE, 1)).outcomes()).containsExactly(new Applied());

    var replayed = new ArrayList<Event>();
    Receipt receipt =
        inTransaction(
            c -> inbox.receive(c, List.of(event(ALICE, 2)), (tx, run) -> replayed.addAll(run)));
    assertThat(receipt.outcomes()).containsExactly(new Applied());
    assertThat(receipt.replayed()).extracting(Event::sequence).containsExactly(3L, 4L);
    assertThat(replayed)
        .usingRecursiveComparison()
        .isEqualTo(events(ALICE, 2, 4).stream().map(Received::event).toList());
    assertThat(database.number("SELECT COUNT(*) FROM inbox_parked")).isZero();
    assertThat(stalled()).isEqualTo(new StalledChains(0, Duration.ZERO, 0, Duration.ZERO));
  }

  @Test
  void a_chain_parked_over_many_pages_is_replayed_whole_and_up_to_the_next_gap()
      throws SQLException {
    int last = 2 * Inbox.PAGE + 1;
    receive(events(ALICE, 2, last));
    receive(events(ALICE, last + 2, last + 3));
    assertThat(receive(event(ALICE, 1)).replayed()).hasSize(last - 1);
    assertThat(applied(ALICE)).isEqualTo(numbers(1, last));
    assertThat(waiting())
        .extracting(Waiting::missing, Waiting::parked)
        .containsExactly(tuple(last + 1L, 2L));
    receive(event(ALICE, last + 1));
    assertThat(applied(ALICE)).isEqualTo(numbers(1, last + 3));
    assertThat(database.number("SELECT COUNT(*) FROM inbox_parked")).isZero();
  }

  @Test
  void a_chain_parked_to_the_very_end_of_a_page_is_not_waiting_afterwards() throws SQLException {
    receive(events(ALICE, 2, Inbox.PAGE + 1));
    receive(event(ALICE, 1));
    assertThat(applied(ALICE)).isEqualTo(numbers(1, Inbox.PAGE + 1));
    assertThat(waiting()).isEmpty();
  }

  @Test
  void a_rollback_leaves_nothing_and_a_later_delivery_is_applied() throws SQLException {
    try (Connection c = database.dataSource().getConnection()) {
      c.setAutoCommit(false);
      inbox.receive(c, List.of(event(ALICE, 1), event(BOB, 5)), this::handle);
      c.rollback();
    }
    assertThat(database.number("SELECT COUNT(*) FROM inbox")).isZero();
    assertThat(receive(event(ALICE, 1)).outcomes()).containsExactly(new Applied());
    assertThat(applied(ALICE)).isEqualTo(numbers(1, 1));
  }

  @Test
  void a_tombstone_moves_the_chain_on_without_the_handler() throws SQLException {
    receive(event(ALICE, 3));
    assertThat(receive(event(ALICE, 1), tombstone(ALICE, 2)).outcomes())
        .containsExactly(new Applied(), new Passed());
    assertThat(applied(ALICE)).containsExactly(1L, 3L);
    receive(tombstone(BOB, 2));
    assertThat(receive(event(BOB, 1)).replayed()).isEmpty();
    assertThat(receive(event(BOB, 3)).outcomes()).containsExactly(new Applied());
  }

  @Test
  void an_unknown_aggregate_starts_at_one_or_at_the_first_seen() throws SQLException {
    assertThat(receive(event(ALICE, 7)).outcomes()).containsExactly(new Parked(1));
    var joining = new Inbox(Start.AT_FIRST_SEEN);
    var outcomes =
        inTransaction(
            c ->
                joining
                    .receive(c, List.of(event(BOB, 8), event(BOB, 7), event(BOB, 10)), this::handle)
                    .outcomes());
    assertThat(outcomes).containsExactly(new Applied(), new Applied(), new Parked(9));
    Receipt later = inTransaction(c -> joining.receive(c, events(BOB, 1, 9), this::handle));
    assertThat(later.outcomes()).containsOnlyOnce(new Applied());
    assertThat(applied(BOB)).isEqualTo(numbers(7, 10));
  }

  @Test
  void two_outboxes_with_the_same_aggregate_do_not_mix() throws SQLException {
    var other = new Chain("/outbox/two", ALICE.aggregate());
    assertThat(receive(event(ALICE, 1), event(other, 1)).outcomes())
        .containsExactly(new Applied(), new Applied());
    assertThat(receive(event(other, 2)).outcomes()).containsExactly(new Applied());
  }

  @Test
  void aggregates_are_told_apart_exactly() throws SQLException {
    for (String id : List.of("a", "A", "a ", "á", "a\u0000", "\uFFFF", "😀")) {
      assertThat(receive(event(chain(id), 1), event(chain(id), 3)).outcomes())
          .as(id)
          .containsExactly(new Applied(), new Parked(2));
      assertThat(receive(event(chain(id), 2)).replayed()).as(id).hasSize(1);
    }
  }

  @Test
  void a_waiting_chain_is_listed_with_what_is_missing_and_since_when() throws SQLException {
    receive(event(ALICE, 1), event(ALICE, 3));
    Instant first = waiting().getFirst().since();
    receive(event(ALICE, 5), event(BOB, 1));
    Waiting waiting = waiting().getFirst();
    assertThat(waiting).isEqualTo(new Waiting(ALICE, 2, 2, first));
    assertThat(first).isBetween(Instant.now().minusSeconds(60), Instant.now().plusSeconds(60));
    assertThat(stalled().waiting()).isEqualTo(1);
    assertThat(stalled().oldestWait()).isPositive();

    receive(event(ALICE, 2));
    Waiting next = waiting().getFirst();
    assertThat(next.missing()).isEqualTo(4);
    assertThat(next.since()).as("it waits for another number now").isAfter(first);
  }

  @Test
  void skipping_gives_up_what_is_missing_and_applies_what_waits() throws SQLException {
    receive(event(ALICE, 1), event(ALICE, 4), event(ALICE, 5), event(ALICE, 7));
    assertThat(skip(ALICE, 3)).as("not the first missing number").isEmpty();
    assertThat(skip(BOB, 1)).isEmpty();
    Resumed resumed = skip(ALICE, 2).orElseThrow();
    assertThat(resumed.last()).isEqualTo(5);
    assertThat(resumed.applied()).extracting(Event::sequence).containsExactly(4L, 5L);
    assertThat(receive(event(ALICE, 2), event(ALICE, 3)).outcomes())
        .containsExactly(new Duplicate(), new Duplicate());
    assertThat(waiting()).extracting(Waiting::missing).containsExactly(6L);
    skip(ALICE, 6);
    assertThat(skip(ALICE, 8)).as("nothing waits").isEmpty();
    assertThat(applied(ALICE)).containsExactly(1L, 4L, 5L, 7L);
  }

  @Test
  void a_baseline_moves_a_chain_on_and_never_back() throws SQLException {
    assertThat(baseline(BOB, 40).last()).isEqualTo(40);
    assertThat(receive(event(BOB, 40), event(BOB, 41)).outcomes())
        .containsExactly(new Duplicate(), new Applied());

    receive(event(ALICE, 3), event(ALICE, 6), event(ALICE, 7));
    Resumed resumed = baseline(ALICE, 5);
    assertThat(resumed.last()).isEqualTo(7);
    assertThat(baseline(ALICE, 2).last()).isEqualTo(7);
    assertThat(applied(ALICE)).containsExactly(6L, 7L);
    assertThat(database.number("SELECT COUNT(*) FROM inbox_parked")).isZero();
  }

  @Test
  void a_rejected_event_holds_its_chain_alone_and_what_its_run_wrote_is_undone()
      throws SQLException {
    unreadable.addAll(List.of("alice2", "alice3"));
    assertThat(
            receive(event(ALICE, 1), event(ALICE, 2), event(ALICE, 3), event(BOB, 1), event(BOB, 2))
                .outcomes())
        .containsExactly(
            new Applied(),
            new Rejected("no amount in 2"),
            new Parked(2),
            new Applied(),
            new Applied());
    assertThat(receive(event(ALICE, 4), event(ALICE, 2), event(ALICE, 1)).outcomes())
        .containsExactly(new Parked(2), new Parked(2), new Duplicate());
    assertThat(applied(ALICE)).isEqualTo(numbers(1, 1));
    assertThat(applied(BOB)).isEqualTo(numbers(1, 2));

    Held held = held().getFirst();
    assertThat(held.chain()).isEqualTo(ALICE);
    assertThat(held.event()).usingRecursiveComparison().isEqualTo(event(ALICE, 2).event());
    assertThat(held.reason()).isEqualTo("no amount in 2");
    assertThat(held.waiting()).isEqualTo(2);
    assertThat(waiting()).isEmpty();
    assertThat(stalled())
        .extracting(StalledChains::waiting, StalledChains::held)
        .containsExactly(0L, 1L);
    assertThat(skip(ALICE, 2)).as("it is not missing").isEmpty();
  }

  @Test
  void a_rejected_event_can_be_retried_as_often_as_it_takes() throws SQLException {
    unreadable.addAll(List.of("alice2", "alice4"));
    receive(events(ALICE, 1, 5));
    assertThat(retry(ALICE, 2)).get().extracting(Resumed::last).isEqualTo(1L);
    assertThat(held()).hasSize(1);

    unreadable.remove("alice2");
    Resumed resumed = retry(ALICE, 2).orElseThrow();
    assertThat(resumed.last()).isEqualTo(3);
    assertThat(resumed.rejected()).get().extracting(Rejection::reason).isEqualTo("no amount in 4");
    assertThat(retry(ALICE, 2)).isEmpty();

    unreadable.clear();
    retry(ALICE, 4);
    assertThat(applied(ALICE)).isEqualTo(numbers(1, 5));
    assertThat(stalled().held()).isZero();
  }

  @Test
  void a_discarded_event_is_passed_and_what_waits_behind_it_applied() throws SQLException {
    unreadable.add("alice1");
    receive(events(ALICE, 1, 3));
    receive(event(ALICE, 5));
    assertThat(discard(ALICE, 2)).isEmpty();
    assertThat(discard(ALICE, 1).orElseThrow().last()).isEqualTo(3);
    assertThat(receive(event(ALICE, 1), event(ALICE, 4)).outcomes())
        .containsExactly(new Duplicate(), new Applied());
    assertThat(applied(ALICE)).isEqualTo(numbers(2, 5));
    assertThat(database.number("SELECT COUNT(*) FROM inbox_parked")).isZero();
  }

  @Test
  void a_parked_event_that_is_rejected_at_its_turn_is_held_from_then_on() throws SQLException {
    unreadable.add("alice3");
    receive(events(ALICE, 2, 4));
    assertThat(receive(event(ALICE, 1)).outcomes()).containsExactly(new Applied());
    assertThat(applied(ALICE)).isEqualTo(numbers(1, 2));
    Held held = held().getFirst();
    assertThat(held.event().sequence()).isEqualTo(3);
    assertThat(held.waiting()).isEqualTo(1);
  }

  @Test
  void a_handler_that_fails_otherwise_fails_the_call() {
    assertThatThrownBy(
            () ->
                inTransaction(
                    c ->
                        inbox.receive(
                            c,
                            List.of(event(ALICE, 1)),
                            (tx, run) -> {
                              throw new SQLException("no such table");
                            })))
        .isInstanceOf(SQLException.class)
        .hasMessage("no such table");
  }

  @Test
  void an_auto_committing_connection_is_refused() throws SQLException {
    try (Connection c = database.dataSource().getConnection()) {
      assertThatThrownBy(() -> inbox.receive(c, List.of(event(ALICE, 1)), this::handle))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("transaction");
    }
  }

  @Test
  void what_the_tables_cannot_keep_is_refused() {
    var long256 = new Chain("s", new Aggregate("spending", "alice"));
    assertThatThrownBy(
            () ->
                Inbox.requireStorable(new Received(event(long256, 1).event(), "s".repeat(256), 0)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("source");
  }

  @Test
  void a_snapshot_older_than_the_lock_does_not_hide_parked_events() throws SQLException {
    try (Connection old = database.dataSource().getConnection()) {
      old.setAutoCommit(false);
      old.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
      old.createStatement().executeQuery("SELECT COUNT(*) FROM inbox_parked").close();
      receive(event(ALICE, 2), event(ALICE, 3));
      inbox.receive(old, List.of(event(ALICE, 1)), this::handle);
      old.commit();
    }
    assertThat(applied(ALICE)).isEqualTo(numbers(1, 3));
  }
}
