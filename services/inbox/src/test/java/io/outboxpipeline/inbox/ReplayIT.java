package io.outboxpipeline.inbox;

import static io.outboxpipeline.inbox.Deliveries.chain;
import static io.outboxpipeline.inbox.Deliveries.event;
import static io.outboxpipeline.inbox.Deliveries.events;
import static io.outboxpipeline.inbox.Deliveries.numbers;
import static org.assertj.core.api.Assertions.assertThat;

import io.outboxpipeline.inbox.RejectedEventException.Rejection;
import io.outboxpipeline.outbox.CloudEventsCodec.Received;
import io.outboxpipeline.outbox.Event;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** A long backlog of parked events is applied in stages that fit into memory. */
@ParameterizedClass
@EnumSource(TestDatabase.class)
@Execution(ExecutionMode.SAME_THREAD)
@ResourceLock(Deliveries.EMPTIED)
final class ReplayIT {
  private static final Chain ALICE = chain("alice");
  private static final Chain BOB = chain("bob");

  private final TestDatabase server;
  private final Inbox inbox = new Inbox(Start.AT_ONE);
  private Database database = new Database("", 0, "", "", "");
  private long largestRun;

  ReplayIT(TestDatabase server) {
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

  private void handle(Connection transaction, List<Event> run) throws SQLException {
    largestRun = Math.max(largestRun, run.stream().mapToLong(e -> e.payload().length).sum());
    Deliveries.write(transaction, run);
  }

  private Receipt receive(List<Received> events) throws SQLException {
    return inTransaction(c -> inbox.receive(c, events, this::handle));
  }

  private Optional<Resumed> resume(Chain chain) throws SQLException {
    return inTransaction(c -> inbox.resume(c, chain, this::handle));
  }

  private List<Chain> unfinished() throws SQLException {
    return inTransaction(c -> Inbox.unfinished(c, 10));
  }

  private Optional<Resumed> skip(long missing) throws SQLException {
    return inTransaction(c -> inbox.skip(c, ALICE, missing, this::handle));
  }

  private static Received large(Chain chain, long sequence, int bytes) {
    Received small = event(chain, sequence);
    Event e = small.event();
    return new Received(
        new Event(
            e.id(),
            e.aggregate(),
            sequence,
            e.type(),
            e.time(),
            "application/octet-stream",
            new byte[bytes],
            e.headers()),
        small.source(),
        small.epoch());
  }

  private void park(Chain chain, int count, int bytes) throws SQLException {
    for (int n = 2; n <= count + 1; n++) {
      receive(List.of(large(chain, n, bytes)));
    }
  }

  private List<Long> applied(Chain chain) {
    return Deliveries.applied(database).getOrDefault(chain.aggregate().id(), List.of());
  }

  @Test
  void a_transaction_takes_no_more_bytes_than_it_may_and_the_next_one_goes_on()
      throws SQLException {
    park(ALICE, 12, 900 << 10);
    park(BOB, 12, 900 << 10);
    Receipt receipt = receive(List.of(event(ALICE, 1), event(BOB, 1)));
    assertThat(receipt.unfinished()).containsExactlyInAnyOrder(ALICE, BOB);
    assertThat(receipt.replayed()).hasSizeBetween(1, 5);
    List<Waiting> waiting = inTransaction(c -> Inbox.waiting(c, 10));
    assertThat(waiting).as("nothing is missing").isEmpty();
    assertThat(unfinished()).containsExactlyInAnyOrder(ALICE, BOB);
    for (Chain chain : List.of(ALICE, BOB)) {
      int transactions = 0;
      while (resume(chain).orElseThrow().unfinished()) {
        transactions++;
      }
      assertThat(transactions).isBetween(1, 12);
      assertThat(applied(chain)).isEqualTo(numbers(1, 13));
    }
    assertThat(largestRun).isLessThan(6L << 20);
    assertThat(unfinished()).isEmpty();
    assertThat(database.number("SELECT COUNT(*) FROM inbox_parked")).isZero();
  }

  @Test
  void small_events_are_bounded_by_their_number() throws SQLException {
    for (int from = 2; from <= Budget.EVENTS + 500; from += 500) {
      receive(events(ALICE, from, from + 499));
    }
    Receipt receipt = receive(List.of(event(ALICE, 1)));
    assertThat(receipt.replayed()).hasSize(Budget.EVENTS);
    assertThat(receipt.unfinished()).containsExactly(ALICE);
    assertThat(resume(ALICE).orElseThrow().unfinished()).isFalse();
    assertThat(applied(ALICE)).isEqualTo(numbers(1, Budget.EVENTS + 501));
  }

  @Test
  void the_next_delivery_of_any_event_goes_on_too() throws SQLException {
    park(ALICE, 12, 900 << 10);
    receive(List.of(event(ALICE, 1)));
    long before = applied(ALICE).size();
    receive(List.of(event(ALICE, 40)));
    assertThat(applied(ALICE).size()).isGreaterThan((int) before);
  }

  @Test
  void a_skip_is_done_in_stages_as_well() throws SQLException {
    park(ALICE, 12, 900 << 10);
    Resumed skipped = skip(1).orElseThrow();
    assertThat(skipped.unfinished()).isTrue();
    assertThat(skipped.applied()).hasSizeLessThan(6);
    assertThat(skip(skipped.last() + 1)).as("that number is not missing").isEmpty();
    while (resume(ALICE).orElseThrow().unfinished()) {
      // On.
    }
    assertThat(applied(ALICE)).isEqualTo(numbers(2, 13));
  }

  @Test
  void a_chain_that_waits_for_a_decision_is_not_gone_on_with() throws SQLException {
    receive(events(ALICE, 2, 3));
    inTransaction(
        c ->
            inbox.receive(
                c,
                List.of(event(ALICE, 1)),
                (tx, run) -> {
                  throw new RejectedEventException(
                      List.of(new Rejection(run.getFirst(), "not understood")));
                }));
    assertThat(resume(ALICE)).isEmpty();
    assertThat(resume(BOB)).isEmpty();
    assertThat(unfinished()).isEmpty();
  }

  @Test
  void a_look_at_what_is_held_takes_no_more_bytes_than_it_may() throws SQLException {
    for (int i = 0; i < 20; i++) {
      Chain chain = chain("held" + i);
      inTransaction(
          c ->
              inbox.receive(
                  c,
                  List.of(large(chain, 1, 900 << 10)),
                  (tx, run) -> {
                    throw new RejectedEventException(
                        List.of(new Rejection(run.getFirst(), "not understood")));
                  }));
    }
    List<Held> held = inTransaction(c -> Inbox.held(c, 1000));
    assertThat(held).hasSizeBetween(1, 10);
  }
}
