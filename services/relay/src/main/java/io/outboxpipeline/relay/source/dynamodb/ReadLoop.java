package io.outboxpipeline.relay.source.dynamodb;

import static java.lang.System.Logger.Level.ERROR;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** The one thread of a reader: does what it is told in order, and looks at the table before. */
final class ReadLoop {
  private static final System.Logger LOG = System.getLogger(ReadLoop.class.getName());
  private static final long CHECK_EVERY = Duration.ofMinutes(5).toNanos();
  private static final long WHILE_UNUSABLE = Duration.ofMillis(200).toNanos();

  private final Reader reader;
  private final Check check;
  private final Troubles troubles;
  private final Pauses pauses;
  private final Means means;
  private final BlockingQueue<Consumer<Reader>> told = new LinkedBlockingQueue<>();
  private final Thread thread = Thread.ofVirtual().name("read").unstarted(this::run);
  private volatile Reader.Figures figures = Reader.Figures.NONE;
  private volatile boolean proven;
  private volatile boolean closed;
  private boolean usable;
  private boolean checking;
  private int failures;
  private long checkDue;

  /** Looks at the table. */
  @FunctionalInterface
  interface Check {
    /** Why it can't be used, if so. */
    Optional<String> problem();
  }

  ReadLoop(Reader reader, Check check, Troubles troubles, Pauses pauses, Means means) {
    this.reader = reader;
    this.check = check;
    this.troubles = troubles;
    this.pauses = pauses;
    this.means = means;
    checkDue = means.now();
  }

  void start() {
    thread.start();
  }

  /** To be done by the loop's thread, in order. */
  void tell(Consumer<Reader> what) {
    told.add(what);
  }

  Reader.Figures figures() {
    return figures;
  }

  /** Whether a change of the table was ever allowed. */
  boolean proven() {
    return proven;
  }

  boolean isAlive() {
    return thread.isAlive() || (closed && thread.getState() == Thread.State.TERMINATED);
  }

  void close() {
    closed = true;
    thread.interrupt();
  }

  private void run() {
    try {
      while (!closed) {
        Consumer<Reader> next = told.poll(Math.max(turn(), 0), TimeUnit.NANOSECONDS);
        if (next != null) {
          next.accept(reader);
        }
      }
    } catch (InterruptedException e) {
      // closed
    } catch (RuntimeException | Error e) {
      LOG.log(ERROR, "the reading loop has ended", e);
      throw e;
    }
  }

  /**
   * Does what it was told and what is due; tells how long there is nothing else, in nanoseconds.
   */
  long turn() {
    for (Consumer<Reader> next = told.poll(); next != null; next = told.poll()) {
      next.accept(reader);
    }
    long now = means.now();
    checkIfDue(now);
    long wait = usable ? reader.step(now) : WHILE_UNUSABLE;
    figures = reader.figures();
    proven = reader.proven();
    return wait;
  }

  private void checkIfDue(long now) {
    if (checking || now - checkDue < 0) {
      return;
    }
    checking = true;
    means.threads().execute(this::checkTable);
  }

  private void checkTable() {
    boolean fine = false;
    try {
      Optional<String> problem = check.problem();
      fine = problem.isEmpty();
      problem.ifPresentOrElse(
          p -> troubles.is(Troubles.Kind.TABLE, p), () -> troubles.over(Troubles.Kind.TABLE));
    } catch (RuntimeException e) {
      troubles.failed(Troubles.Kind.TABLE, e);
    }
    boolean answer = fine;
    tell(r -> checked(answer));
  }

  private void checked(boolean fine) {
    checking = false;
    failures = fine ? 0 : failures + 1;
    usable |= fine;
    checkDue = means.now() + (fine ? CHECK_EVERY : pauses.afterFailures(failures));
  }
}
