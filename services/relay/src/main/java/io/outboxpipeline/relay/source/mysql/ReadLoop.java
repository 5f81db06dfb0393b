package io.outboxpipeline.relay.source.mysql;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import io.outboxpipeline.relay.source.Refusal;
import io.outboxpipeline.relay.source.StoredEvent;
import io.outboxpipeline.relay.wake.Waker;
import io.outboxpipeline.runtime.Backoff;
import io.outboxpipeline.runtime.DatabaseTrouble;
import io.outboxpipeline.runtime.Transactions;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * The thread that reads: gives the {@link Reader} a connection and its turns. It gives the
 * connection back every few seconds, and looks at once for another one where the server is
 * read-only, is gone, or is not the one that rows are deleted at.
 */
final class ReadLoop implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(ReadLoop.class.getName());

  private static final long KEEP = Duration.ofSeconds(10).toNanos();

  /** Where a proxy spreads connections over servers, they differ for good. */
  private static final long DIFFER_EVERY = Duration.ofSeconds(30).toNanos();

  /** An answer that takes longer is told as trouble. */
  private static final long OVERDUE = Duration.ofSeconds(3).toNanos();

  private static final Backoff BACKOFF = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(5));

  private final Reader reader;
  private final Commands commands;
  private final DataSource database;
  private final Runnable renewConnections;
  private final EventMaker events;
  private final Transactions fenced;
  private final Waker waker;
  private final BooleanSupplier mayRead;
  private final Supplier<Optional<String>> deleteServer;
  private final Runnable quarantined;
  private final Pace pace;
  private final Deque<Refusal> toRecord = new ArrayDeque<>();
  private final Thread thread = Thread.ofPlatform().name("read").unstarted(this::run);
  private long nextDiffer = System.nanoTime();
  private volatile long askedAt;
  private volatile @Nullable String trouble = "the database was not asked yet";
  private volatile boolean allInMemory;
  private volatile HeldNow held = new HeldNow(0, Optional.empty());
  private volatile boolean stopped;

  /**
   * @param renewConnections lets go of all connections of the database's pool that are open
   * @param fenced for what locks epochs
   * @param mayRead whether more may be read: what was sent is deleted fast enough
   * @param deleteServer the server that rows are deleted at, as far as is known
   * @param quarantined told of each event that was recorded
   */
  ReadLoop(
      Reader reader,
      Commands commands,
      DataSource database,
      Runnable renewConnections,
      EventMaker events,
      Transactions fenced,
      Waker waker,
      BooleanSupplier mayRead,
      Supplier<Optional<String>> deleteServer,
      Runnable quarantined,
      Duration idleDelay) {
    this.reader = reader;
    this.commands = commands;
    this.database = database;
    this.renewConnections = renewConnections;
    this.events = events;
    this.fenced = fenced;
    this.waker = waker;
    this.mayRead = mayRead;
    this.deleteServer = deleteServer;
    this.quarantined = quarantined;
    this.pace = new Pace(idleDelay.toNanos(), System.nanoTime());
  }

  void start() {
    thread.start();
  }

  boolean isAlive() {
    return thread.isAlive();
  }

  /** Whether nothing of the owned slots is known to be in the table alone. */
  boolean isAllInMemory() {
    return allInMemory;
  }

  /** Aggregates that are held, and since when. */
  record HeldNow(int aggregates, Optional<Instant> oldest) {}

  HeldNow held() {
    return held;
  }

  /** Why nothing can be read now, if so. */
  Optional<String> trouble() {
    long since = askedAt;
    return trouble == null && since != 0 && System.nanoTime() - since > OVERDUE
        ? Optional.of("the database does not answer")
        : Optional.ofNullable(trouble);
  }

  @Override
  public void close() {
    stopped = true;
    thread.interrupt();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    for (int failures = 1; !stopped; failures++) {
      try {
        askedAt = System.nanoTime();
        try (Connection c = database.getConnection();
            var table = new SqlOutboxTable(c, events)) {
          c.setAutoCommit(true);
          reader.connected();
          reader.check(table);
          failures = 0;
          readFor(KEEP, table);
        }
        failures = 0;
      } catch (SQLException | RuntimeException e) {
        if (stopped) {
          return;
        }
        failed(e, Math.max(1, failures));
      } catch (InterruptedException e) {
        return;
      } finally {
        askedAt = 0;
      }
    }
  }

  private void failed(Exception e, int failures) {
    String reason = "the outbox can't be read: " + DatabaseTrouble.of(e);
    if (failures == 1 || !reason.equals(trouble)) {
      LOG.log(WARNING, reason + "; tries again", unforeseen(e));
    }
    trouble = reason;
    // Others of the pool may lead to the same server.
    renewConnections.run();
    try {
      Thread.sleep(BACKOFF.after(failures));
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      stopped = true;
    }
  }

  /** A stack trace for what is a bug, none for a database that is away. */
  private static @Nullable Exception unforeseen(Exception e) {
    return e instanceof SQLException ? null : e;
  }

  private void readFor(long time, OutboxTable table) throws SQLException, InterruptedException {
    long until = System.nanoTime() + time;
    boolean waited = false;
    while (!stopped && System.nanoTime() - until < 0) {
      askedAt = System.nanoTime();
      boolean nothing =
          pace.isQuiet(System.nanoTime())
              && commands.next() == null
              && !commands.isWoken()
              && reader.isStillNothing(table);
      Reader.Round round = nothing ? new Reader.Round(false, true) : round(table);
      askedAt = 0;
      told(round, waited);
      waited = round.waits();
      if (waited) {
        boolean watched = nothing && waker.watches(reader.latest());
        boolean woken = commands.await(pace.delay(watched));
        pace.waited(woken, waker.tellsOfEachCommit());
        waited = watched || waker.tellsOfEachCommit();
      }
    }
  }

  private void told(Reader.Round round, boolean waited) {
    if (trouble != null) {
      LOG.log(INFO, "reads the outbox");
      trouble = null;
    }
    allInMemory = reader.slots().isAllInMemory();
    if (reader.slots().takeHeldChanged()) {
      held = new HeldNow(reader.slots().heldCount(), reader.slots().oldestHeld());
    }
    if (round.found()) {
      pace.found(System.nanoTime(), waker.tellsOfEachCommit());
      if (waited) {
        pace.foundAfterWait();
      }
    }
  }

  private Reader.Round round(OutboxTable table) throws SQLException {
    reader.slots().deleted(commands.beginRound());
    for (Commands.Command next = commands.next(); next != null; next = commands.next()) {
      apply(next, table);
      commands.done(next);
    }
    toRecord.addAll(commands.takeRefusals());
    recordRefusals();
    leaveAnotherServer();
    return reader.round(table, mayRead);
  }

  private void apply(Commands.Command command, OutboxTable table) throws SQLException {
    switch (command) {
      case Commands.Command.Follow(var grant) -> reader.follow(table, grant);
      case Commands.Command.Stop(var grant) -> reader.slots().stop(grant);
      case Commands.Command.Forget(var grant) -> reader.slots().forget(grant);
    }
  }

  /** Of a switch some connections may not know yet. */
  private void leaveAnotherServer() throws SQLException {
    Server server = reader.server();
    String other = deleteServer.get().orElse("");
    if (server == null
        || other.isEmpty()
        || other.equals(server.name())
        || System.nanoTime() - nextDiffer < 0) {
      return;
    }
    nextDiffer = System.nanoTime() + DIFFER_EVERY;
    throw new SQLException(
        "rows are read at " + server.name() + " and deleted at " + other + ": connects anew");
  }

  private void recordRefusals() throws SQLException {
    for (Refusal refusal = toRecord.peek(); refusal != null; refusal = toRecord.peek()) {
      Refusal next = refusal;
      StoredEvent event = next.event();
      // Left first, by whatever id: the aggregate is held in memory already.
      if (reader.slots().hold(next, event.eventId())) {
        String id = fenced.run(c -> QuarantineTable.record(c, next));
        reader.slots().hold(next, id);
        quarantined.run();
        LOG.log(
            WARNING,
            "event {0} can never be sent and holds its aggregate ({1} {2}, sequence {3}): {4}",
            id,
            event.aggregate().type(),
            event.aggregate().id(),
            Long.toString(event.sequence()),
            next.reason());
      }
      toRecord.remove();
    }
  }
}
