package io.outboxpipeline.runtime.job;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.outboxpipeline.runtime.AdminCaller;
import io.outboxpipeline.runtime.Transactions;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.TestDatabase;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A job's events are decided one after the other, whoever works on it, and too many failures end
 * it.
 */
@ParameterizedClass
@EnumSource(TestDatabase.class)
final class JobWorkIT {
  private static final AdminCaller CALLER = new AdminCaller("first", "127.0.0.1", "because");

  private final JobTable table = new JobTable("obt");
  private final Transactions transactions;
  private final List<JobWork> workers = new ArrayList<>();

  JobWorkIT(TestDatabase server) {
    Database database = server.create();
    transactions =
        new Transactions(database.dataSource(), new SimpleMeterRegistry().counter("retries"));
    for (String statement : script().split(";")) {
      if (!statement.isBlank()) {
        database.execute(statement.replace("${collation}", "utf8mb4_bin"));
      }
    }
    database.execute("CREATE TABLE decided (item INT NOT NULL) ENGINE = InnoDB");
  }

  private static String script() {
    try (var in =
        JobTable.class.getResourceAsStream("/io/outboxpipeline/outbox/schema/V4_3__jobs.sql")) {
      return in == null ? "" : new String(in.readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @AfterEach
  void close() {
    workers.forEach(JobWork::close);
  }

  private String begin(int count, int perSecond) throws SQLException {
    String id = UUID.randomUUID().toString();
    List<JobItem> items =
        IntStream.range(0, count)
            .mapToObj(n -> new JobItem(n, "rejected", "s", "t", "a" + n, "1", ""))
            .toList();
    assertThat(yes(c -> table.begin(c, id, "retry", perSecond, items, CALLER))).isTrue();
    assertThat(yes(c -> table.begin(c, id, "discard", 1, items, CALLER)))
        .as("the same id is the same job")
        .isFalse();
    return id;
  }

  /** A step that writes down what it decided, and is broken for some. */
  private record Step(Transactions transactions, IntPredicate broken) implements JobStep {
    @Override
    public boolean knows(String category, String action) {
      return true;
    }

    @Override
    public Outcome decide(String action, JobItem item, AdminCaller by, Mark mark)
        throws SQLException {
      if (broken.test(item.number())) {
        throw new IllegalArgumentException("broken");
      }
      return transactions.run(
          c -> {
            try (var s = c.prepareStatement("INSERT INTO decided VALUES (?)")) {
              s.setInt(1, item.number());
              s.executeUpdate();
            }
            mark.in(c);
            return new Outcome.Done();
          });
    }
  }

  private void work(IntPredicate broken) {
    var worker = new JobWork(transactions, table, new Step(transactions, broken));
    workers.add(worker);
    worker.start();
  }

  private boolean yes(Transactions.Work<Boolean> what) throws SQLException {
    return transactions.run(what);
  }

  private Job job(String id) throws SQLException {
    return transactions.run(c -> table.find(c, id)).orElseThrow();
  }

  private Job ended(String id) {
    await().until(() -> job(id).state() != Job.State.RUNNING);
    try {
      return job(id);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private long decided() throws SQLException {
    return transactions.run(
        c -> {
          try (var s = c.createStatement();
              var row = s.executeQuery("SELECT COUNT(*) FROM decided")) {
            row.next();
            return row.getLong(1);
          }
        });
  }

  @Test
  void a_few_that_cannot_be_decided_keep_no_other_from_it() throws Exception {
    String id = begin(70, 10);
    // Never five of the last fifty.
    work(n -> n % 15 == 0);
    Job end = ended(id);
    assertThat(end.state()).isEqualTo(Job.State.FINISHED);
    assertThat(end.failed()).isEqualTo(5);
    assertThat(end.done()).isEqualTo(65);
    assertThat(end.failures()).hasSize(5).first().asString().startsWith("t a0: ");
    assertThat(decided()).isEqualTo(65);
  }

  @Test
  void five_failures_end_it_and_the_rest_waits_on() throws Exception {
    String id = begin(100, 10);
    work(n -> n >= 10);
    Job end = ended(id);
    assertThat(end.state()).isEqualTo(Job.State.GAVE_UP);
    assertThat(end.trouble()).isNotEmpty();
    assertThat(end.done()).isEqualTo(10);
    assertThat(end.failed()).isEqualTo(5);
    assertThat(decided()).isEqualTo(10);
  }

  @Test
  void several_workers_decide_about_each_once_and_the_oldest_job_first() throws Exception {
    String first = begin(30, 1_000);
    String second = begin(5, 1_000);
    work(n -> false);
    work(n -> false);
    work(n -> false);
    assertThat(ended(second).done()).isEqualTo(5);
    assertThat(job(first).state()).isEqualTo(Job.State.FINISHED);
    assertThat(job(first).done()).isEqualTo(30);
    assertThat(decided()).isEqualTo(35);
    List<Job> last = transactions.run(c -> table.last(c, 10));
    assertThat(last).hasSize(2);
  }

  @Test
  void one_who_has_lost_the_job_cannot_mark_what_another_one_decided() throws Exception {
    String id = begin(1, 1);
    assertThat(yes(c -> table.take(c, id, "one", 0))).isTrue();
    assertThat(yes(c -> table.take(c, id, "other", 10))).isTrue();
    assertThat(yes(c -> table.take(c, id, "one", 10))).isFalse();
    assertThat(yes(c -> table.mark(c, id, 0, "waiting", "done", ""))).isTrue();
    assertThat(yes(c -> table.mark(c, id, 0, "waiting", "done", ""))).isFalse();
    assertThat(yes(c -> table.end(c, id, Job.State.STOPPED, "x".repeat(600)))).isTrue();
    assertThat(job(id).trouble()).hasSize(500);
    Optional<JobTable.Running> running = transactions.run(table::running);
    assertThat(running).isEmpty();
  }
}
