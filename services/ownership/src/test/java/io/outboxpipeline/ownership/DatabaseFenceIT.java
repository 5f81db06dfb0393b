package io.outboxpipeline.ownership;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.outboxpipeline.migrations.Migrations;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.TestDatabase;
import io.outboxpipeline.testkit.WatchedSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource
final class DatabaseFenceIT {

  private static final MemberId A = new MemberId("a");
  private static final MemberId B = new MemberId("b");

  private final Database database;
  private final DatabaseFence fence;

  DatabaseFenceIT(TestDatabase server) {
    database = server.create();
    Migrations.outbox(database.dataSource());
    fence = new DatabaseFence(database.dataSource());
  }

  @Test
  void a_new_database_has_no_partitions_until_they_are_laid_out() {
    assertThat(fence.layout()).isEqualTo(Layout.NONE);
    lay(5);
    assertThat(fence.layout()).isEqualTo(new Layout(5, 0));
    assertThat(database.number("SELECT MAX(epoch) FROM obt_partition")).isZero();
    assertThat(database.number("SELECT SUM(last_slot - first_slot + 1) FROM obt_partition"))
        .isEqualTo(256);
  }

  @Test
  void what_changed_since_it_was_seen_is_not_laid_out_anew() {
    assertThat(fence.lay(new Layout(1, 0), 4)).isFalse();
    assertThat(fence.layout()).isEqualTo(Layout.NONE);
    lay(4);
    Layout seen = fence.layout();
    fence.raise(A, grant(2, 4, 7));
    assertThat(fence.lay(seen, 2)).isFalse();
    assertThat(fence.lay(Layout.NONE, 2)).isFalse();
    assertThat(fence.layout()).isEqualTo(new Layout(4, 7));
    assertThat(fence.raise(B, grant(2, 4, 7))).isEqualTo(new RaiseOutcome.Stale(7));
    assertThat(fence.lay(new Layout(4, 7), 2)).isTrue();
  }

  /** Else its partition would be claimed and abandoned for ever, and nobody would read it. */
  @Test
  void a_partition_whose_slots_somebody_changed_gets_them_back() {
    lay(4);
    database.execute("UPDATE obt_partition SET last_slot = 190 WHERE partition_no = 2");
    assertThat(fence.raise(A, grant(2, 4, 7))).isEqualTo(new RaiseOutcome.Stale(0));
    assertThat(fence.raise(A, grant(2, 4, 7))).isEqualTo(new RaiseOutcome.Raised());
    assertThat(fence.raise(A, grant(1, 2, 9))).isEqualTo(new RaiseOutcome.Repartitioned());
  }

  @Test
  void another_number_of_partitions_starts_above_every_former_epoch() throws SQLException {
    lay(4);
    fence.raise(A, grant(2, 4, 7));
    lay(2);
    assertThat(fence.layout().partitions()).isEqualTo(2);
    assertThat(fence.raise(B, grant(1, 2, 8))).isEqualTo(new RaiseOutcome.Stale(8));
    assertThat(stale(Map.of(0, 0L, 1, 0L, 2, 7L))).containsExactlyInAnyOrder(0, 1, 2);
    lay(256);
    assertThat(fence.layout().partitions()).isEqualTo(256);
    lay(1);
    assertThat(fence.layout().partitions()).isEqualTo(1);
  }

  @Test
  void of_many_that_lay_out_at_once_one_does() throws Exception {
    for (int partitions : new int[] {6, 256, 1}) {
      Layout seen = fence.layout();
      List<Boolean> laid =
          atOnce(i -> () -> new DatabaseFence(database.dataSource()).lay(seen, partitions));
      assertThat(laid).containsOnlyOnce(true);
      assertThat(fence.layout().partitions()).isEqualTo(partitions);
      assertThat(database.number("SELECT SUM(last_slot - first_slot + 1) FROM obt_partition"))
          .isEqualTo(256);
    }
  }

  @Test
  void one_who_hangs_while_laying_out_does_not_keep_the_partitions_locked() throws Exception {
    lay(4);
    Layout seen = fence.layout();
    var reached = new CountDownLatch(1);
    var over = new CountDownLatch(1);
    DataSource hangs = hangingAtCommit(database.dataSource(), reached, over);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<Boolean> laid =
          threads.submit(() -> new DatabaseFence(hangs, Duration.ofSeconds(1)).lay(seen, 8));
      try {
        reached.await();
        try (Connection c = database.dataSource().getConnection();
            var s = c.createStatement()) {
          s.execute("SET innodb_lock_wait_timeout = 20");
          assertThat(s.executeUpdate("UPDATE obt_partition SET epoch = 9 WHERE partition_no = 1"))
              .isEqualTo(1);
        }
      } finally {
        over.countDown();
      }
      assertThatThrownBy(laid::get).hasCauseInstanceOf(StoreException.class);
      assertThat(fence.layout()).isEqualTo(new Layout(4, 9));
    }
  }

  /** Its connections hang before they commit. */
  private static DataSource hangingAtCommit(
      DataSource source, CountDownLatch reached, CountDownLatch over) {
    return WatchedSource.of(
        source,
        sql -> {
          if (sql.equals(WatchedSource.COMMIT)) {
            reached.countDown();
            over.await();
          }
        });
  }

  @Test
  void an_epoch_is_raised_to_a_higher_one_only() {
    lay(4);
    assertThat(fence.raise(A, grant(1, 4, 3))).isEqualTo(new RaiseOutcome.Raised());
    assertThat(fence.raise(B, grant(1, 4, 3))).isEqualTo(new RaiseOutcome.Stale(3));
    assertThat(fence.raise(B, grant(1, 4, 2))).isEqualTo(new RaiseOutcome.Stale(3));
    assertThat(fence.raise(B, grant(1, 4, 4))).isEqualTo(new RaiseOutcome.Raised());
    assertThat(fence.raise(A, grant(0, 4, 1))).isEqualTo(new RaiseOutcome.Raised());
    assertThat(
            database.number(
                "SELECT COUNT(*) FROM obt_partition"
                    + " WHERE partition_no = 1 AND owner = 'b' AND claimed_at IS NOT NULL"))
        .isEqualTo(1);
  }

  @Test
  void of_many_that_raise_to_one_epoch_one_succeeds() throws Exception {
    lay(1);
    for (int epoch = 1; epoch <= 20; epoch++) {
      Grant grant = grant(0, 1, epoch);
      List<RaiseOutcome> outcomes =
          atOnce(
              i ->
                  () ->
                      new DatabaseFence(database.dataSource()).raise(new MemberId("m" + i), grant));
      assertThat(outcomes).filteredOn(o -> o instanceof RaiseOutcome.Raised).hasSize(1);
    }
  }

  @Test
  void a_grant_of_slots_that_are_cut_differently_cannot_be_raised() {
    lay(4);
    assertThat(fence.raise(A, grant(1, 8, 99))).isEqualTo(new RaiseOutcome.Repartitioned());
    assertThat(fence.raise(A, grant(7, 8, 99))).isEqualTo(new RaiseOutcome.Repartitioned());
  }

  @Test
  void stale_names_the_partitions_whose_epoch_is_another_one() throws SQLException {
    lay(4);
    fence.raise(A, grant(0, 4, 1));
    fence.raise(A, grant(1, 4, 5));
    fence.raise(A, grant(2, 4, 5));
    assertThat(stale(Map.of(0, 1L, 1, 4L, 2, 6L, 9, 1L))).isEqualTo(Set.of(1, 2, 9));
    assertThat(stale(Map.of(0, 1L, 1, 5L, 2, 5L))).isEmpty();
    assertThat(stale(Map.of())).isEmpty();
  }

  @Test
  void nobody_replaces_an_owner_between_its_check_and_its_commit() throws Exception {
    lay(1);
    fence.raise(A, grant(0, 1, 1));
    database.execute("CREATE TABLE t (a INT)");
    try (Connection c = database.dataSource().getConnection();
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      c.setAutoCommit(false);
      assertThat(DatabaseFence.stale(c, Map.of(0, 1L))).isEmpty();
      Future<RaiseOutcome> raise = threads.submit(() -> fence.raise(B, grant(0, 1, 2)));
      assertThatThrownBy(() -> raise.get(300, TimeUnit.MILLISECONDS))
          .isInstanceOf(TimeoutException.class);
      c.commit();
      assertThat(raise.get()).isEqualTo(new RaiseOutcome.Raised());
      assertThat(DatabaseFence.stale(c, Map.of(0, 1L))).containsExactly(0);
      c.rollback();
    }
  }

  @Test
  void two_owners_check_the_same_row_at_once_without_waiting() throws SQLException {
    lay(2);
    fence.raise(A, grant(0, 2, 1));
    try (Connection one = database.dataSource().getConnection();
        Connection other = database.dataSource().getConnection()) {
      one.setAutoCommit(false);
      other.setAutoCommit(false);
      assertThat(DatabaseFence.stale(one, Map.of(0, 1L))).isEmpty();
      assertThat(DatabaseFence.stale(other, Map.of(0, 1L))).isEmpty();
      one.rollback();
      other.rollback();
    }
  }

  private void lay(int partitions) {
    assertThat(fence.lay(fence.layout(), partitions)).isTrue();
  }

  private Set<Integer> stale(Map<Integer, Long> epochs) throws SQLException {
    try (Connection c = database.dataSource().getConnection()) {
      c.setAutoCommit(false);
      Set<Integer> stale = DatabaseFence.stale(c, epochs);
      c.rollback();
      return stale;
    }
  }

  private static Grant grant(int partition, int partitions, long epoch) {
    return new Grant(partition, Partitions.range(partition, partitions), epoch);
  }

  private static <T> List<T> atOnce(IntFunction<Callable<T>> attempt) throws Exception {
    try (ExecutorService threads = Executors.newFixedThreadPool(6)) {
      var results = new ArrayList<T>();
      List<Callable<T>> attempts = IntStream.range(0, 6).mapToObj(attempt).toList();
      for (Future<T> f : threads.invokeAll(attempts)) {
        results.add(f.get());
      }
      return results;
    }
  }
}
