package io.outboxpipeline.runtime.job;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import io.outboxpipeline.runtime.DatabaseErrors;
import io.outboxpipeline.runtime.Transactions;
import io.outboxpipeline.runtime.job.JobStep.Outcome;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Works on the oldest job that runs, if no other process does: one event after the other, at the
 * rate that was asked for. A job ends by itself when five of the last fifty failed, or of the last
 * five seconds if those are more. Thread-safe.
 */
public final class JobWork implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(JobWork.class.getName());

  /** Between two looks for a job. */
  private static final Duration IDLE = Duration.ofSeconds(5);

  private static final Duration RETRY = Duration.ofSeconds(1);
  private static final int LEASE_SECONDS = 10;

  /** Tries of one event while the database can't be used; then the others have their turn. */
  private static final int TRIES = 5;

  private final Transactions transactions;
  private final JobTable table;
  private final JobStep step;
  private final String worker = UUID.randomUUID().toString();
  private final Thread thread;
  private final CountDownLatch stop = new CountDownLatch(1);
  private final Semaphore wake = new Semaphore(0);

  public JobWork(Transactions transactions, JobTable table, JobStep step) {
    this.transactions = transactions;
    this.table = table;
    this.step = step;
    thread = Thread.ofVirtual().name("jobs").unstarted(this::run);
  }

  /** Begins to look for jobs. */
  public void start() {
    thread.start();
  }

  /** Looks at once, because there is a new job. */
  void wake() {
    wake.release();
  }

  private void run() {
    while (!closed()) {
      try {
        Optional<JobTable.Running> job = transactions.run(table::running);
        if (job.isPresent() && take(job.get())) {
          new Round(job.get()).work();
          continue;
        }
      } catch (SQLException e) {
        // Its tables may not be there yet, or the database is away; others tell of that.
        LOG.log(DEBUG, "no job can be looked for, or gone on with", e);
      } catch (RuntimeException e) {
        LOG.log(WARNING, "a job could not go on", e);
      }
      idle();
    }
  }

  private boolean closed() {
    return stop.getCount() == 0;
  }

  private boolean take(JobTable.Running job) throws SQLException {
    return transactions.run(c -> table.take(c, job.id(), worker, LEASE_SECONDS));
  }

  /** The event was decided by another process, so this one is no longer to work on the job. */
  private static final class Overtaken extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /** One job, as far as this process works on it. */
  private final class Round {
    private final JobTable.Running job;
    private long decidedAt = System.nanoTime();
    private int tries;

    Round(JobTable.Running job) {
      this.job = job;
    }

    private record Look(boolean mine, boolean failing, Optional<JobItem> next) {}

    void work() throws SQLException {
      while (!closed()) {
        Look look = transactions.run(this::look);
        if (!look.mine) {
          return;
        }
        if (look.failing) {
          end(Job.State.GAVE_UP, "Too much of it failed again. Look at the reasons.");
          return;
        }
        if (look.next.isPresent()) {
          decide(look.next.get());
        } else if (System.nanoTime() - decidedAt >= step.settles(job.action()).toNanos()) {
          end(Job.State.FINISHED, "");
          return;
        } else {
          pause(RETRY);
        }
      }
    }

    private Look look(Connection c) throws SQLException {
      if (!table.take(c, job.id(), worker, LEASE_SECONDS)) {
        return new Look(false, false, Optional.empty());
      }
      step.lookBack(c, job.id());
      return new Look(true, table.failing(c, job), table.next(c, job.id()));
    }

    private void decide(JobItem item) throws SQLException {
      try {
        switch (step.decide(job.action(), item, job.by(), c -> done(c, item))) {
          case Outcome.Done() -> {}
          case Outcome.Gone() -> mark(item, "waiting", "gone", "");
          case Outcome.Again(String why) -> mark(item, "done", "again", why);
        }
      } catch (Overtaken e) {
        LOG.log(DEBUG, "another process has this job", e);
      } catch (SQLException | RuntimeException e) {
        if (DatabaseErrors.unavailable(e) && ++tries < TRIES) {
          LOG.log(DEBUG, "the database can't be used now", e);
          pause(RETRY);
          return;
        }
        LOG.log(WARNING, "an event of a job could not be decided: {0}", e.getClass().getName());
        mark(item, "waiting", "failed", "It could not be decided; the service's log says why.");
      }
      tries = 0;
      decidedAt = System.nanoTime();
      pause(Duration.ofSeconds(1).dividedBy(job.perSecond()));
    }

    private void done(Connection c, JobItem item) throws SQLException {
      if (!table.mark(c, job.id(), item.number(), "waiting", "done", "")) {
        throw new Overtaken();
      }
    }

    private void mark(JobItem item, String before, String after, String why) throws SQLException {
      transactions.run(c -> table.mark(c, job.id(), item.number(), before, after, why));
    }

    private void end(Job.State state, String trouble) throws SQLException {
      if (transactions.run(c -> table.end(c, job.id(), state, trouble))) {
        LOG.log(INFO, "job {0} ({1}) is {2}. {3}", job.id(), job.action(), state.code(), trouble);
      }
    }
  }

  private void pause(Duration time) {
    try {
      if (stop.await(time.toNanos(), TimeUnit.NANOSECONDS)) {
        LOG.log(DEBUG, "stopping");
      }
    } catch (InterruptedException e) {
      stop.countDown();
      Thread.currentThread().interrupt();
    }
  }

  private void idle() {
    try {
      if (wake.tryAcquire(IDLE.toNanos(), TimeUnit.NANOSECONDS)) {
        wake.drainPermits();
      }
    } catch (InterruptedException e) {
      stop.countDown();
      Thread.currentThread().interrupt();
    }
  }

  /** Ends after the decision in hand; another process goes on with the job. */
  @Override
  public void close() {
    stop.countDown();
    wake.release();
    try {
      thread.join(Duration.ofSeconds(3));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
