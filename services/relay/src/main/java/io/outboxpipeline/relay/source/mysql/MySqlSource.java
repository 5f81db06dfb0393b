package io.outboxpipeline.relay.source.mysql;

import static java.lang.System.Logger.Level.DEBUG;

import io.outboxpipeline.ownership.Grant;
import io.outboxpipeline.ownership.SlotRange;
import io.outboxpipeline.relay.source.Intake;
import io.outboxpipeline.relay.source.Refusal;
import io.outboxpipeline.relay.source.Sent;
import io.outboxpipeline.relay.source.Source;
import io.outboxpipeline.relay.source.Standing;
import io.outboxpipeline.relay.wake.Waker;
import io.outboxpipeline.runtime.Transactions;
import java.net.URI;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** An outbox in a table of MySQL or MariaDB. */
public final class MySqlSource implements Source {
  private static final System.Logger LOG = System.getLogger(MySqlSource.class.getName());

  /** A payload that is larger can't be sent. */
  private static final int MAX_BYTES = 1 << 20;

  private static final int COUNTED = 100_000;
  private static final Duration FIRST_COUNT = Duration.ofMillis(200);
  private static final Duration COUNT_EVERY = Duration.ofSeconds(15);

  /**
   * How to read.
   *
   * @param events what the events say they come from; empty: the name that the database has
   * @param databaseName the schema's
   * @param idleDelay between two queries when nothing happens and the waker does not watch
   * @param maxTransaction how long a writer's transaction may take
   */
  public record Settings(
      Optional<URI> events, String databaseName, Duration idleDelay, Duration maxTransaction) {}

  private final Settings settings;
  private final DataSource database;
  private final Runnable renewConnections;
  private final Transactions fenced;
  private final Waker waker;
  private final Runnable quarantined;
  private final Runnable wentBack;
  private final Listener listener;
  private final Commands commands = new Commands();
  private final Deletes deletes;
  private final DeleteLoop deleteLoop;
  private final Thread counter = Thread.ofVirtual().name("count").unstarted(this::count);
  private volatile @Nullable ReadLoop readLoop;
  private volatile long counted;

  /**
   * @param renewConnections lets go of all connections of the database's pool that are open
   * @param fenced runs transactions that lock epochs
   * @param wakerOf makes what tells of new rows, given whom to tell; closed with this
   * @param quarantined told of each event that was recorded as never to be sent
   * @param wentBack told each time that the table gives ids out that were seen already
   */
  public MySqlSource(
      Settings settings,
      DataSource database,
      Runnable renewConnections,
      Transactions fenced,
      Function<Runnable, Waker> wakerOf,
      Runnable quarantined,
      Runnable wentBack,
      Listener listener) {
    this.settings = settings;
    this.database = database;
    this.renewConnections = renewConnections;
    this.fenced = fenced;
    this.quarantined = quarantined;
    this.wentBack = wentBack;
    this.listener = listener;
    waker = wakerOf.apply(commands::wake);
    deletes = new Deletes(this::drained);
    deleteLoop =
        new DeleteLoop(
            deletes,
            fenced,
            renewConnections,
            commands::followed,
            commands::deleted,
            this::fencedOut);
  }

  @Override
  public void start(Intake intake) {
    var newReader =
        new Reader(intake, System::nanoTime, settings.maxTransaction().toNanos(), wentBack);
    var loop =
        new ReadLoop(
            newReader,
            commands,
            database,
            renewConnections,
            new EventMaker(
                new SourceName(settings.events(), database, settings.databaseName()), MAX_BYTES),
            fenced,
            waker,
            deleteLoop::keepsUp,
            deleteLoop::server,
            quarantined,
            settings.idleDelay());
    readLoop = loop;
    loop.start();
    deleteLoop.start();
    waker.start();
    counter.start();
  }

  private void drained(Grant grant) {
    forget(grant);
    listener.drained(grant);
  }

  private void fencedOut(Grant grant) {
    commands.forget(grant);
    listener.fencedOut(grant);
  }

  @Override
  public void follow(Grant grant) {
    commands.follow(grant);
  }

  @Override
  public boolean stop(Grant grant) {
    return commands.stop(grant);
  }

  @Override
  public void finish(Grant grant) {
    deletes.finish(grant);
  }

  @Override
  public void giveUp(Grant grant) {
    if (commands.follows(grant)) {
      deletes.giveUp(grant);
    }
  }

  @Override
  public void forget(Grant grant) {
    commands.forget(grant);
    deletes.forget(grant);
  }

  @Override
  public void done(Sent sent) {
    deletes.add(sent);
  }

  @Override
  public void quarantine(Refusal refusal) {
    commands.refused(refusal);
  }

  @Override
  public void roomAgain() {
    commands.roomAgain();
  }

  @Override
  public boolean records() {
    return deleteLoop.records();
  }

  @Override
  public Standing standing() {
    ReadLoop loop = readLoop;
    return loop == null
        ? new Standing(0, 0, Optional.empty(), 0)
        : new Standing(counted, loop.held().aggregates(), loop.held().oldest(), deletes.size());
  }

  @Override
  public Optional<String> trouble() {
    ReadLoop loop = readLoop;
    Optional<String> reading =
        loop == null ? Optional.of("the database was not asked yet") : loop.trouble();
    return reading.or(deleteLoop::trouble);
  }

  @Override
  public boolean alive() {
    ReadLoop loop = readLoop;
    return loop != null && loop.isAlive() && deleteLoop.isAlive();
  }

  /** Not by the reading thread: it would wait for a quarter of a second and more. */
  private void count() {
    try {
      Thread.sleep(FIRST_COUNT);
      while (true) {
        countOnce();
        Thread.sleep(COUNT_EVERY);
      }
    } catch (InterruptedException e) {
      // closed
    }
  }

  private void countOnce() {
    List<SlotRange> ranges = commands.followed().stream().map(Grant::slots).toList();
    ReadLoop loop = readLoop;
    if (ranges.isEmpty() || (loop != null && loop.isAllInMemory())) {
      counted = 0;
      return;
    }
    String sql =
        "SELECT COUNT(*) FROM (SELECT 1 FROM obt WHERE %s LIMIT %s) counted"
            .formatted(Sql.in(ranges), COUNTED);
    try (Connection c = database.getConnection();
        var s = c.createStatement();
        var row = s.executeQuery(sql)) {
      row.next();
      counted = row.getLong(1);
    } catch (SQLException | RuntimeException e) {
      LOG.log(DEBUG, "the backlog was not counted", e);
    }
  }

  @Override
  public void endReading() {
    counter.interrupt();
    if (readLoop != null) {
      readLoop.close();
    }
  }

  @Override
  public void close() {
    deleteLoop.close();
    waker.close();
  }
}
