package io.outboxpipeline.relay.source.mysql;

import io.outboxpipeline.runtime.AdminCaller;
import io.outboxpipeline.runtime.Transactions;
import io.outboxpipeline.runtime.job.JobItem;
import io.outboxpipeline.runtime.job.JobStep;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;

/** Decides about the held events of a job, one in a transaction. Thread-safe. */
public final class QuarantineStep implements JobStep {
  private static final String RETRY = "retry";
  private static final String DISCARD = "discard";

  /** An owner notices a decision within two seconds; then SQS refuses the event once more. */
  private static final Duration SHOWS = Duration.ofSeconds(5);

  private final Transactions transactions;

  public QuarantineStep(Transactions transactions) {
    this.transactions = transactions;
  }

  @Override
  public boolean knows(String category, String action) {
    return category.equals("quarantined") && (action.equals(RETRY) || action.equals(DISCARD));
  }

  @Override
  public Outcome decide(String action, JobItem item, AdminCaller by, Mark mark)
      throws SQLException {
    boolean decided =
        transactions.run(
            c -> {
              boolean held =
                  action.equals(RETRY)
                      ? QuarantineTable.retry(c, item.eventId())
                      : QuarantineTable.discard(c, item.eventId());
              if (held) {
                QuarantineTable.keep(c, action, item.eventId(), by);
                mark.in(c);
              }
              return held;
            });
    return decided ? new Outcome.Done() : new Outcome.Gone();
  }

  @Override
  public void lookBack(Connection transaction, String job) throws SQLException {
    String sql =
        """
        UPDATE obt_job_item i JOIN obt_quarantine q ON q.event_id = i.event_id
        SET i.state = 'again', i.trouble = LEFT(q.reason, 500)
        WHERE i.job = ? AND i.state = 'done' AND q.state = 'held'
        """;
    try (var s = transaction.prepareStatement(sql)) {
      s.setString(1, job);
      s.executeUpdate();
    }
  }

  @Override
  public Duration settles(String action) {
    return action.equals(RETRY) ? SHOWS : Duration.ZERO;
  }
}
