package io.outboxpipeline.testkit;

import io.outboxpipeline.embedded.EmbeddedMariaDb;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.testcontainers.mysql.MySQLContainer;

/**
 * The database servers that tests run against, each started once per JVM when first asked for.
 *
 * <p>{@code MYSQL} needs Docker and {@link TestImage#MYSQL}; where one can't be had, {@link
 * #create} leaves the calling test out (a JUnit assumption) and says so.
 */
public enum TestDatabase {
  /** Embedded MariaDB 11.4. */
  MARIADB {
    @Override
    Server start() {
      var db = EmbeddedMariaDb.start(0);
      Runtime.getRuntime().addShutdownHook(new Thread(db::close));
      return new Server(db.host(), db.port(), db.user(), db.password());
    }
  },
  /** MySQL 9 in a container. */
  MYSQL {
    @Override
    @SuppressWarnings("resource") // lives as long as the JVM
    Server start() {
      var container =
          new MySQLContainer(TestImage.MYSQL.of())
              .withUsername("root")
              .withPassword("test")
              .withCommand("mysqld", "--max-connections=500");
      container.start();
      Runtime.getRuntime().addShutdownHook(new Thread(container::stop));
      return new Server(container.getHost(), container.getMappedPort(3306), "root", "test");
    }
  };

  private static final AtomicInteger COUNT = new AtomicInteger();

  private static final Map<TestDatabase, Server> STARTED = new EnumMap<>(TestDatabase.class);

  abstract Server start();

  /** A new, empty database. */
  public Database create() {
    Server at = server();
    String name = "test_" + ProcessHandle.current().pid() + "_" + COUNT.incrementAndGet();
    var database = new Database(at.host, at.port, name, at.user, at.password);
    try (var c =
            DriverManager.getConnection(
                "jdbc:mysql://" + at.host + ":" + at.port + "/", at.user, at.password);
        var s = c.createStatement()) {
      s.execute("CREATE DATABASE " + name + " CHARACTER SET utf8mb4");
    } catch (SQLException e) {
      throw new IllegalStateException("cannot create " + database, e);
    }
    return database;
  }

  /** Whether this server can be had on this machine. */
  public boolean available() {
    return this != MYSQL || TestImage.MYSQL.missing().isEmpty();
  }

  /** MySQL where it can be had, else MariaDB: for a test that one real server is enough for. */
  public static TestDatabase preferred() {
    return MYSQL.available() ? MYSQL : MARIADB;
  }

  private Server server() {
    synchronized (STARTED) {
      if (this == MYSQL) {
        TestImage.MYSQL.need(caller() + " on " + this);
      }
      return STARTED.computeIfAbsent(this, TestDatabase::start);
    }
  }

  /** The test that asks, for the report. */
  private static String caller() {
    return StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE)
        .walk(
            frames ->
                frames
                    .map(StackWalker.StackFrame::getDeclaringClass)
                    .filter(c -> !TestDatabase.class.isAssignableFrom(c))
                    .findFirst())
        .map(Class::getSimpleName)
        .orElse("a test");
  }

  /** Where a server listens, and as whom to log in. */
  record Server(String host, int port, String user, String password) {}
}
