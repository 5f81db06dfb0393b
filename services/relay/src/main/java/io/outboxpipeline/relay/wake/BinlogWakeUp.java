package io.outboxpipeline.relay.wake;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import com.github.shyiko.mysql.binlog.BinaryLogClient;
import com.github.shyiko.mysql.binlog.event.Event;
import com.github.shyiko.mysql.binlog.event.EventType;
import com.github.shyiko.mysql.binlog.event.QueryEventData;
import com.github.shyiko.mysql.binlog.event.TableMapEventData;
import com.github.shyiko.mysql.binlog.event.deserialization.EventDeserializer;
import com.github.shyiko.mysql.binlog.event.deserialization.NullEventDataDeserializer;
import com.github.shyiko.mysql.binlog.network.DefaultSSLSocketFactory;
import com.github.shyiko.mysql.binlog.network.SSLMode;
import com.github.shyiko.mysql.binlog.network.SSLSocketFactory;
import io.outboxpipeline.runtime.Backoff;
import io.outboxpipeline.runtime.DatabaseTrouble;
import io.outboxpipeline.runtime.DatabaseTrust;
import io.outboxpipeline.runtime.MySqlSettings;
import java.io.IOException;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;

/**
 * Follows the server's binary log for nothing but the moments at which rows are written to the
 * outbox, and says so at once. A mere hint: what it misses, polling finds. Needs a user with
 * REPLICATION SLAVE and REPLICATION CLIENT, and row-based logging, which is MySQL's default.
 */
public final class BinlogWakeUp implements Waker {
  private static final System.Logger LOG = System.getLogger(BinlogWakeUp.class.getName());
  private static final Backoff BACKOFF =
      new Backoff(Duration.ofMillis(100), Duration.ofSeconds(20));
  private static final Duration HEARTBEAT = Duration.ofSeconds(10);

  /** Ids of replicas must differ; servers have small ones as a rule. */
  private static final long LEAST_ID = 1L << 31;

  private static final Set<EventType> WRITES =
      EnumSet.of(EventType.PRE_GA_WRITE_ROWS, EventType.WRITE_ROWS, EventType.EXT_WRITE_ROWS);

  /** What the client needs to find its way, and the names of tables. */
  private static final Set<EventType> READ =
      EnumSet.of(
          EventType.FORMAT_DESCRIPTION,
          EventType.ROTATE,
          EventType.TABLE_MAP,
          EventType.HEARTBEAT,
          EventType.QUERY);

  /** What is logged as a statement and writes nothing. */
  private static final Pattern NO_WRITE =
      Pattern.compile(
          "(BEGIN|COMMIT|ROLLBACK|SAVEPOINT)\\b.*", Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

  private final MySqlSettings mysql;
  private final Runnable wake;
  private final Thread thread = Thread.ofPlatform().name("binlog").unstarted(this::run);
  private volatile BinaryLogClient client;
  private volatile boolean stopped;

  /**
   * Whether the rows that follow are the outbox's, and whether some were written since the last
   * commit.
   */
  private boolean outbox;

  private boolean written;

  /**
   * @param wake called from one thread, at each commit that wrote rows to the outbox; must return
   *     at once
   */
  public BinlogWakeUp(MySqlSettings mysql, Runnable wake) {
    this.mysql = mysql;
    this.wake = wake;
    client = newClient();
  }

  @Override
  public boolean tellsOfEachCommit() {
    return client.isConnected();
  }

  @Override
  public boolean watches(long after) {
    return client.isConnected();
  }

  @Override
  public void start() {
    thread.start();
  }

  @Override
  public void close() {
    stopped = true;
    try {
      client.disconnect();
    } catch (IOException e) {
      LOG.log(INFO, "the binary log''s connection was not closed in order: {0}", e.getMessage());
    }
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
        // Returns when the connection ends.
        client.connect();
        failures = 0;
      } catch (IOException | RuntimeException e) {
        if (!stopped && failures == 1) {
          LOG.log(
              WARNING,
              "no wake-ups by the binary log, polls meanwhile: {0}",
              DatabaseTrouble.of(e));
        }
      }
      if (!stopped) {
        client = newClient();
        try {
          Thread.sleep(BACKOFF.after(failures + 1));
        } catch (InterruptedException e) {
          return;
        }
      }
    }
  }

  private BinaryLogClient newClient() {
    var next =
        new BinaryLogClient(
            mysql.host(), mysql.port(), mysql.database(), mysql.user(), mysql.password().value());
    next.setServerId(ThreadLocalRandom.current().nextLong(LEAST_ID, 1L << 32));
    next.setSSLMode(SSLMode.valueOf(mysql.sslMode().name()));
    trusted().ifPresent(next::setSslSocketFactory);
    next.setKeepAlive(false);
    next.setConnectTimeout(mysql.connectTimeout().toMillis());
    next.setHeartbeatInterval(HEARTBEAT.toMillis());
    next.setSocketFactory(
        () -> {
          var socket = new Socket();
          socket.setSoTimeout(3 * (int) HEARTBEAT.toMillis());
          return socket;
        });
    next.setEventDeserializer(namesOnly());
    next.registerEventListener(this::event);
    return next;
  }

  /** As the database's other connections; empty for what Java trusts, or if all are trusted. */
  private Optional<SSLSocketFactory> trusted() {
    return switch (mysql.trust()) {
      case DatabaseTrust.Platform() -> Optional.empty();
      case DatabaseTrust.Authorities ignored -> Optional.of(new Trusting(mysql.trust()));
      case DatabaseTrust.Store ignored -> Optional.of(new Trusting(mysql.trust()));
    };
  }

  /** TLS with the authorities of a file, read anew for each connection. */
  private static final class Trusting extends DefaultSSLSocketFactory {
    private final DatabaseTrust trust;

    Trusting(DatabaseTrust trust) {
      super("TLS");
      this.trust = trust;
    }

    @Override
    protected void initSSLContext(SSLContext context) throws GeneralSecurityException {
      try {
        context.init(null, trust.trustManagers().orElseThrow(), null);
      } catch (IOException e) {
        throw new GeneralSecurityException(e);
      }
    }
  }

  private static EventDeserializer namesOnly() {
    var deserializer = new EventDeserializer();
    for (EventType type : EventType.values()) {
      if (!READ.contains(type)) {
        deserializer.setEventDataDeserializer(type, new NullEventDataDeserializer());
      }
    }
    return deserializer;
  }

  private void event(Event event) {
    EventType type = event.getHeader().getEventType();
    if (type == EventType.TABLE_MAP && event.getData() instanceof TableMapEventData table) {
      // A server may keep names in lower case.
      outbox =
          table.getTable().equalsIgnoreCase("obt")
              && table.getDatabase().equalsIgnoreCase(mysql.database());
    } else if (outbox && WRITES.contains(type)) {
      written = true;
    } else if (type == EventType.QUERY && event.getData() instanceof QueryEventData query) {
      statement(query.getDatabase(), query.getSql());
    } else if (type == null || type == EventType.UNKNOWN) {
      // Compressed events of MariaDB's, of whichever table.
      written = true;
    } else if (type == EventType.TRANSACTION_PAYLOAD || (type == EventType.XID && written)) {
      // A compressed transaction does not show whose it is.
      written = false;
      wake.run();
    }
  }

  /**
   * A writer's statements may be logged as such: then any of them may have written to the outbox.
   */
  private void statement(String database, String sql) {
    boolean ours =
        database.equalsIgnoreCase(mysql.database())
            || sql.toLowerCase(Locale.ROOT).contains(mysql.database().toLowerCase(Locale.ROOT));
    if (ours && !NO_WRITE.matcher(sql.strip()).matches()) {
      written = true;
    } else if (written && sql.strip().equalsIgnoreCase("COMMIT")) {
      written = false;
      wake.run();
    }
  }
}
