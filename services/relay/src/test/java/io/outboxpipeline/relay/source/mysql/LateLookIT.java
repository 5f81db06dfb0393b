package io.outboxpipeline.relay.source.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outboxpipeline.migrations.Migrations;
import io.outboxpipeline.outbox.Slots;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.TestDatabase;
import io.outboxpipeline.testkit.WatchedSource;
import java.net.URI;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource(TestDatabase.class)
final class LateLookIT {
  private static final Pattern SLOT = Pattern.compile("slot = ");

  private final Database database;
  private final LateLook look = new LateLook(System::nanoTime);

  /** Slots of each query. */
  private final List<Integer> asked = new ArrayList<>();

  LateLookIT(TestDatabase server) {
    database = server.create();
  }

  @BeforeEach
  void migrate() {
    Migrations.outbox(database.dataSource());
  }

  /** Each slot takes the server so long, as where all of a backlog is deleted and not purged. */
  private void look(Duration ofEachSlot) throws SQLException {
    var source =
        WatchedSource.of(
            database.dataSource(),
            sql -> {
              int slots = (int) SLOT.matcher(sql).results().count();
              asked.add(slots);
              Thread.sleep(ofEachSlot.multipliedBy(slots));
            });
    asked.clear();
    look.begin(
        IntStream.range(0, Slots.COUNT).mapToObj(n -> new Stretch(n, 0, Long.MAX_VALUE)).toList());
    try (Connection c = source.getConnection();
        var table =
            new SqlOutboxTable(
                c,
                new EventMaker(
                    new SourceName(Optional.of(URI.create("/test")), database.dataSource(), "test"),
                    1 << 20))) {
      while (!look.isDone()) {
        assertThat(look.piece(table)).isEmpty();
      }
    }
    assertThat(asked.stream().mapToInt(slots -> slots).sum()).isEqualTo(Slots.COUNT);
  }

  @Test
  void where_each_slot_takes_long_no_query_has_many() throws SQLException {
    lookWhereEachSlotTakesLong();
  }

  private void lookWhereEachSlotTakesLong() throws SQLException {
    look(Duration.ofMillis(4));
    assertThat(asked).containsOnly(1);
  }

  @Test
  void where_all_is_fast_a_query_has_many() {
    lookWhereAllIsFast();
  }

  private void lookWhereAllIsFast() {
    await()
        .untilAsserted(
            () -> {
              look(Duration.ZERO);
              assertThat(asked).hasSizeLessThan(64);
            });
  }

  @Test
  void what_was_fast_the_last_time_may_be_slow_now() throws SQLException {
    lookWhereAllIsFast();
    lookWhereEachSlotTakesLong();
  }
}
