package io.outboxpipeline.consumer;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import io.outboxpipeline.runtime.job.Job.State;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.MessageAttributeValue;

/**
 * Works on the redrive that runs, if there is one and no other consumer does. Each message is moved
 * before the next one is looked at, at the rate that was asked for. It ends by itself when what it
 * moved comes back. Thread-safe.
 */
final class RedriveWork implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(RedriveWork.class.getName());

  /** Between two looks for a redrive. */
  private static final Duration IDLE = Duration.ofSeconds(2);

  /** As long as a message of a batch is hidden, so that a slow rate does not outlast it. */
  private static final Duration HIDDEN = Duration.ofSeconds(60);

  private static final int LEASE_SECONDS = 30;
  private static final int AT_ONCE = 10;
  private static final int CAME_BACK = 3;
  private static final int REFUSED = 5;
  private static final int EMPTY = 3;

  private final DataSource database;
  private final DeadLetterQueue letters;
  private final String worker = UUID.randomUUID().toString();
  private final Thread thread;
  private final CountDownLatch stop = new CountDownLatch(1);

  RedriveWork(DataSource database, DeadLetterQueue letters) {
    this.database = database;
    this.letters = letters;
    thread = Thread.ofVirtual().name("consumer-redrive").unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  private void run() {
    while (!closed()) {
      try {
        Optional<Redrive> running = in(RedriveTable::running);
        if (running.isPresent() && take(running.get())) {
          work(running.get());
        }
      } catch (SQLException e) {
        // Its tables may not be there yet, or the database is away; others tell of that.
        LOG.log(DEBUG, "no redrive can be looked for", e);
      } catch (RuntimeException e) {
        LOG.log(WARNING, "a redrive could not go on", e);
      }
      pause(IDLE);
    }
  }

  private boolean closed() {
    return stop.getCount() == 0;
  }

  private boolean take(Redrive redrive) throws SQLException {
    return in(c -> RedriveTable.take(c, redrive.id(), worker, LEASE_SECONDS));
  }

  private void work(Redrive redrive) throws SQLException {
    String url = letters.url().orElse("");
    if (url.isEmpty()) {
      end(redrive, State.GAVE_UP, "The queue has no dead-letter queue.");
      return;
    }
    var round = new Round(redrive, url);
    try {
      round.work();
    } finally {
      round.release();
    }
  }

  /** One redrive, as far as this consumer works on it. */
  private final class Round {
    private final Redrive redrive;
    private final String url;
    private final Set<String> back = new HashSet<>();
    private final List<Message> held = new ArrayList<>();
    private final Set<String> passed = new HashSet<>();
    private long moved;
    private int refused;
    private int empty;

    Round(Redrive redrive, String url) {
      this.redrive = redrive;
      this.url = url;
      moved = redrive.moved();
    }

    void work() throws SQLException {
      while (!closed() && take(redrive)) {
        if (moved + passed.size() >= redrive.total() || empty >= EMPTY) {
          end(redrive, State.FINISHED, "");
          return;
        }
        if (back.size() >= CAME_BACK) {
          end(redrive, State.GAVE_UP, "What was moved came back to the dead letters.");
          return;
        }
        if (refused >= REFUSED) {
          end(
              redrive,
              State.GAVE_UP,
              "SQS refused one after the other; the consumer's log says why.");
          return;
        }
        batch();
      }
    }

    private void batch() throws SQLException {
      List<Message> some;
      try {
        some = letters.receive(url, (int) Math.min(AT_ONCE, redrive.total() - moved), HIDDEN);
      } catch (SdkException e) {
        refuse(e);
        return;
      }
      if (some.isEmpty()) {
        empty++;
        pause(Duration.ofSeconds(1));
        return;
      }
      // Those that were passed are seen again where the queue is long, because they are hidden for
      // a minute only.
      empty = some.stream().allMatch(m -> passed.contains(m.messageId())) ? empty + 1 : 0;
      for (int i = 0; i < some.size(); i++) {
        if (closed() || back.size() >= CAME_BACK || !one(some.get(i))) {
          // What follows in a group must not overtake what failed.
          some.subList(i, some.size()).forEach(this::hold);
          release();
          return;
        }
      }
    }

    /** Whether the next one may follow. */
    private boolean one(Message message) throws SQLException {
      if (mark(message).equals(redrive.id())) {
        hold(message);
        if (back.add(message.messageId())) {
          in(c -> count(c, 0, 1, 0));
        }
        return true;
      }
      if (!redrive.filter().matches(message)) {
        hold(message);
        passed.add(message.messageId());
        return true;
      }
      try {
        letters.back(url, message, redrive.id());
      } catch (SdkException e) {
        refuse(e);
        return false;
      }
      refused = 0;
      moved++;
      in(c -> count(c, 1, 0, 0));
      pause(Duration.ofSeconds(1).dividedBy(redrive.perSecond()));
      return take(redrive);
    }

    /** Not the body, because there may be many. */
    private void hold(Message message) {
      held.add(
          Message.builder()
              .messageId(message.messageId())
              .receiptHandle(message.receiptHandle())
              .build());
    }

    private void refuse(SdkException e) throws SQLException {
      LOG.log(WARNING, "a dead letter could not be moved: {0}", e.getMessage());
      refused++;
      in(c -> count(c, 0, 0, 1));
      pause(Duration.ofSeconds(1));
    }

    private boolean count(Connection c, int more, int again, int failed) throws SQLException {
      RedriveTable.count(c, redrive.id(), more, again, failed);
      return true;
    }

    /** What it looked at and did not move is there again for others. */
    void release() {
      try {
        letters.release(url, held);
      } catch (SdkException e) {
        LOG.log(DEBUG, "they are visible again in a minute", e);
      }
      held.clear();
    }
  }

  private static String mark(Message message) {
    MessageAttributeValue mark = message.messageAttributes().get(DeadLetterQueue.MARK);
    return mark == null || mark.stringValue() == null ? "" : mark.stringValue();
  }

  private void end(Redrive redrive, State state, String trouble) throws SQLException {
    in(c -> RedriveTable.end(c, redrive.id(), state, trouble));
    LOG.log(INFO, "redrive {0} is {1}. {2}", redrive.id(), state.code(), trouble);
  }

  private interface Step<T> {
    T at(Connection connection) throws SQLException;
  }

  private <T> T in(Step<T> step) throws SQLException {
    try (Connection c = database.getConnection()) {
      T result = step.at(c);
      c.commit();
      return result;
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

  @Override
  public void close() {
    stop.countDown();
    try {
      // One message is in hand at most. An interrupt between its send and its delete would double
      // it.
      thread.join(Duration.ofSeconds(3));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
