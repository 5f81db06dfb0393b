package io.outboxpipeline.bench;

import com.mysql.cj.jdbc.MysqlDataSource;
import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.NewEvent;
import io.outboxpipeline.outbox.Outbox;
import io.outboxpipeline.outbox.OutboxException;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A program that runs business transactions as fast as it can, in rounds that another process asks
 * for by a connection: it is sent the milliseconds of a round, and answers with the transactions
 * that committed and the bytes that it allocated meanwhile.
 */
final class AppendWriter {

  /** What a transaction has beside one INSERT of its own. */
  enum Kind {
    NONE,
    /** Rows in a usual outbox table: no number, and no order across writers. */
    PLAIN_ROW,
    APPEND;

    /** As in the names of figures. */
    String label() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  private static final com.sun.management.ThreadMXBean THREADS =
      (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();

  private final Kind kind;
  private final int aggregates;
  private final int events;
  private final String payload = Payload.of(0);

  private AppendWriter(Kind kind, int aggregates, int events) {
    this.kind = kind;
    this.aggregates = aggregates;
    this.events = events;
  }

  /** The tables that transactions write beside the outbox. */
  static final List<String> TABLES =
      List.of(
          """
          CREATE TABLE bench_business (
            id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, name VARCHAR(100) NOT NULL, amount DECIMAL(20, 2) NOT NULL)
          """,
          """
          CREATE TABLE bench_outbox (
            id CHAR(36) CHARACTER SET ascii NOT NULL PRIMARY KEY, aggregatetype VARCHAR(255) NOT NULL,
            aggregateid VARCHAR(255) NOT NULL, type VARCHAR(255) NOT NULL, payload MEDIUMBLOB NOT NULL)
          """);

  public static void main(String[] args) throws Exception {
    int threads = number("THREADS");
    var writer =
        new AppendWriter(
            Kind.valueOf(System.getenv("KIND")), number("AGGREGATES"), number("EVENTS"));
    List<Connection> connections = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      Connection c = source().getConnection();
      c.setAutoCommit(false);
      connections.add(c);
    }
    try (var server = new ServerSocket(number("PORT"), 1, InetAddress.getLoopbackAddress());
        var pool = Executors.newFixedThreadPool(threads);
        var asked = server.accept()) {
      var in = new DataInputStream(asked.getInputStream());
      var out = new DataOutputStream(asked.getOutputStream());
      while (true) {
        long nanos = in.readInt() * 1_000_000L;
        long before = THREADS.getTotalThreadAllocatedBytes();
        out.writeLong(writer.round(pool, connections, nanos));
        out.writeLong(THREADS.getTotalThreadAllocatedBytes() - before);
      }
    } catch (EOFException e) {
      System.exit(0); // nobody asks any more
    }
  }

  private static int number(String variable) {
    return Integer.parseInt(System.getenv(variable));
  }

  /** With the driver's own settings and those that are asked for. */
  private static MysqlDataSource source() {
    var source = new MysqlDataSource();
    source.setUrl(
        "jdbc:mysql://%s:%s/%s?transactionIsolation=READ-COMMITTED&%s"
            .formatted(
                System.getenv("MYSQL_HOST"),
                System.getenv("MYSQL_PORT"),
                System.getenv("MYSQL_DATABASE"),
                System.getenv("PROPERTIES")));
    source.setUser(System.getenv("MYSQL_USER"));
    source.setPassword(System.getenv("MYSQL_PASSWORD"));
    return source;
  }

  private long round(ExecutorService pool, List<Connection> connections, long nanos)
      throws InterruptedException, ExecutionException {
    long until = System.nanoTime() + nanos;
    List<Future<Long>> counts = new ArrayList<>();
    for (Connection c : connections) {
      counts.add(pool.submit(() -> write(c, until)));
    }
    long all = 0;
    for (Future<Long> count : counts) {
      all += count.get();
    }
    return all;
  }

  private long write(Connection c, long until) throws SQLException {
    long committed = 0;
    while (System.nanoTime() - until < 0) {
      try {
        business(c);
        switch (kind) {
          case NONE -> {}
          case PLAIN_ROW -> plainRows(c);
          case APPEND -> append(c);
        }
        c.commit();
        committed++;
      } catch (OutboxException e) {
        if (!e.retryable()) {
          throw e;
        }
        c.rollback();
      }
    }
    return committed;
  }

  private static void business(Connection c) throws SQLException {
    try (var s = c.prepareStatement("INSERT INTO bench_business (name, amount) VALUES (?, ?)")) {
      s.setString(1, "Ada Lovelace");
      s.setString(2, "12.50");
      s.executeUpdate();
    }
  }

  private void plainRows(Connection c) throws SQLException {
    String sql =
        "INSERT INTO bench_outbox (id, aggregatetype, aggregateid, type, payload) VALUES (?, ?, ?, ?, ?)"
            + ", (?, ?, ?, ?, ?)".repeat(events - 1);
    try (var s = c.prepareStatement(sql)) {
      int column = 1;
      for (int i = 0; i < events; i++) {
        s.setString(column++, UUID.randomUUID().toString());
        s.setString(column++, "bench");
        s.setString(column++, anyAggregate());
        s.setString(column++, "bench.event");
        s.setString(column++, payload);
      }
      s.executeUpdate();
    }
  }

  private void append(Connection c) {
    List<NewEvent> all = new ArrayList<>();
    for (int i = 0; i < events; i++) {
      all.add(NewEvent.json(new Aggregate("bench", anyAggregate()), "bench.event", payload));
    }
    Outbox.append(c, all);
  }

  private String anyAggregate() {
    return "aggregate-" + ThreadLocalRandom.current().nextInt(aggregates);
  }
}
