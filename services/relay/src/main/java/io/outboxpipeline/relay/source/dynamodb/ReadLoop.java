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

  ReadLoop(Reader reader, Check check, Troubles troubles, Pauses pauses) {
    this.reader = reader;
    this.check = check;
    this.troubles = troubles;
    this.pauses = pauses;
    checkDue = System.nanoTime();
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
        long now = System.nanoTime();
        checkIfDue(now);
        long wait = usable ? reader.step(now) : WHILE_UNUSABLE;
        figures = reader.figures();
        proven = reader.proven();
        Consumer<Reader> next = told.poll(Math.max(wait, 0), TimeUnit.NANOSECONDS);
        while (next != null) {
          next.accept(reader);
          next = told.poll();
        }
      }
    } catch (InterruptedException e) {
      // closed
    } catch (RuntimeException | Error e) {
      LOG.log(ERROR, "the reading loop has ended", e);
      throw e;
    }
  }

  private void checkIfDue(long now) {
    if (checking || now - checkDue < 0) {
      return;
    }
    checking = true;
    Thread.ofVirtual().name("check-table").start(this::checkTable);
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
    checkDue = System.nanoTime() + (fine ? CHECK_EVERY : pauses.afterFailures(failures));
  }
}
