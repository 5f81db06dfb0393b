package io.outboxpipeline.receiver;

import static io.outboxpipeline.receiver.Queue.event;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.outboxpipeline.inbox.EventHandler;
import io.outboxpipeline.inbox.Held;
import io.outboxpipeline.inbox.RejectedEventException;
import io.outboxpipeline.migrations.Migrations;
import io.outboxpipeline.outbox.Event;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.TestDatabase;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A receiver as a program of another team has it: platform threads and plain JDBC. */
final class ReceiverIT {
  private static final String TABLE =
      "CREATE TABLE IF NOT EXISTS copy (id BIGINT AUTO_INCREMENT PRIMARY KEY, seq BIGINT, type VARCHAR(20))";

  private final Queue queue = new Queue();
  private final Database database = TestDatabase.preferred().create();

  @AfterEach
  void close() {
    queue.close();
  }

  private Receiver.Builder builder() {
    return Receiver.builder(database.dataSource(), queue.client(), "events.fifo")
        .loops(2)
        .pollWait(Duration.ofSeconds(1))
        .prepare(
            () -> {
              Migrations.inbox(database.dataSource());
              try (var c = database.dataSource().getConnection();
                  var s = c.createStatement()) {
                s.execute(TABLE);
              } catch (SQLException e) {
                throw new IllegalStateException(e);
              }
            });
  }

  private static EventHandler copying() {
    return (transaction, run) -> {
      try (var s = transaction.prepareStatement("INSERT INTO copy (seq, type) VALUES (?, ?)")) {
        for (Event event : run) {
          s.setLong(1, event.sequence());
          s.setString(2, event.type());
          s.executeUpdate();
        }
      }
    };
  }

  private long copied(String where) {
    return database.number("SELECT COUNT(*) FROM copy WHERE " + where);
  }

  private static List<Held> rejected(Receiver receiver) {
    try {
      return receiver.decisions().rejected(10);
    } catch (SQLException e) {
      return List.of();
    }
  }

  @Test
  void each_type_goes_to_its_handler_and_an_unknown_one_waits_for_a_decision() throws Exception {
    try (var receiver = builder().handler("placed", copying()).handler("paid", copying()).build()) {
      receiver.start();
      queue.send(event("1", 1, "placed"));
      queue.send(event("1", 2, "paid"));
      queue.send(event("1", 3, "moved"));
      queue.send(event("1", 4, "paid"));
      await().untilAsserted(() -> assertThat(rejected(receiver)).hasSize(1));
      Held held = rejected(receiver).get(0);
      assertThat(held.reason()).isEqualTo("events of type moved are not known here");
      assertThat(copied("type = 'placed' AND seq = 1")).isEqualTo(1);
      assertThat(copied("type = 'paid' AND seq = 2")).isEqualTo(1);
      await().untilAsserted(() -> assertThat(queue.held()).isZero());

      var kept = new AtomicBoolean();
      assertThat(receiver.decisions().discard(held.chain(), 3, c -> kept.set(true)))
          .hasValueSatisfying(p -> assertThat(p.last()).isEqualTo(4));
      assertThat(kept).isTrue();
      assertThat(copied("seq = 4")).isEqualTo(1);
      assertThat(receiver.decisions().discard(held.chain(), 3, Decisions.Note.none())).isEmpty();
      assertThat(queue.deadLetters()).isZero();
    }
  }

  /** As a handler does that writes first and looks afterwards. */
  @ParameterizedTest
  @EnumSource
  void what_a_rejecting_handler_wrote_is_undone_and_the_others_are_applied(Undo undo) {
    var calls = new AtomicInteger();
    EventHandler handler =
        (transaction, run) -> {
          copying().apply(transaction, run);
          for (Event event : run) {
            if (event.aggregate().id().equals("bad")) {
              calls.incrementAndGet();
              throw new RejectedEventException(event, "no such order");
            }
          }
        };
    try (var receiver = builder().undo(undo).handler("placed", handler).build()) {
      queue.send(event("good", 1, "placed"));
      queue.send(event("bad", 1, "placed"));
      queue.send(event("bad", 2, "placed"));
      queue.send(event("fine", 1, "placed"));
      receiver.start();
      await()
          .untilAsserted(
              () -> {
                assertThat(rejected(receiver)).hasSize(1);
                assertThat(queue.held()).isZero();
              });
      assertThat(rejected(receiver).get(0).reason()).isEqualTo("no such order");
      assertThat(copied("seq = 1")).isEqualTo(2);
      assertThat(copied("seq = 2")).isZero();
      assertThat(calls).hasValue(1);
    }
  }

  @Test
  void a_preparation_that_fails_is_made_again() {
    var attempts = new AtomicInteger();
    var builder = builder().handler("placed", copying());
    try (var receiver =
        builder
            .prepare(
                () -> {
                  if (attempts.incrementAndGet() < 3) {
                    throw new IllegalStateException("not yet");
                  }
                  Migrations.inbox(database.dataSource());
                })
            .build()) {
      receiver.start();
      await().until(() -> receiver.database().isUp());
      assertThat(attempts).hasValue(3);
      assertThat(receiver.databaseReached()).isTrue();
    }
  }

  @Test
  void it_is_started_once_and_may_be_closed_without() {
    try (var receiver = builder().handler("placed", copying()).build()) {
      assertThat(receiver.loops().isUp()).isTrue();
      assertThat(receiver.queue().isUp()).isFalse();
      receiver.start();
      assertThatThrownBy(receiver::start).isInstanceOf(IllegalStateException.class);
    }
    builder().handler("placed", copying()).build().close();
  }

  @Test
  void what_cannot_work_is_refused_before_anything_starts() {
    assertThatThrownBy(() -> builder().build()).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> builder().handler("a", copying()).handler("a", copying()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("two handlers for events of type a");
    assertThatThrownBy(() -> builder().loops(0)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> builder().pollWait(Duration.ofMillis(1500)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> builder().pollWait(Duration.ofSeconds(21)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
