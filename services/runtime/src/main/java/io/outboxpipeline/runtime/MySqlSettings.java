package io.outboxpipeline.runtime;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.metrics.micrometer.MicrometerMetricsTrackerFactory;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;

/**
 * Where the database is, and how to use it.
 *
 * @param trust which authorities may vouch for the server, if the mode looks at certificates
 * @param poolSize how many connections at most
 * @param connectTimeout how long to wait for a connection: a new one, or a free one of the pool
 * @param socketTimeout how long to wait for the answer to one statement
 */
public record MySqlSettings(
    String host,
    int port,
    String database,
    String user,
    Secret password,
    SslMode sslMode,
    DatabaseTrust trust,
    int poolSize,
    Duration connectTimeout,
    Duration socketTimeout) {

  /** How the error ends that says so. */
  static final String READ_ONLY_WORDS = "the server is read-only";

  /**
   * Fails, with these words, at a server that takes no writes: after a fail-over the old one may
   * live on, and reads from it would go on for ever.
   */
  private static final String REFUSES_READ_ONLY =
      "SELECT EXTRACTVALUE('<a/>', IF(@@global.read_only OR @@global.innodb_read_only,"
          + " '~"
          + READ_ONLY_WORDS
          + "', '/a'))";

  private static final int LEAST_IDLE = 2;
  private static final Duration MAX_LIFETIME = Duration.ofMinutes(5);

  /** The settings {@code mysql.*}, {@code MYSQL_*}. */
  public static MySqlSettings read(Settings s, int defaultPoolSize) {
    SslMode sslMode = s.choice("mysql.ssl-mode", "MYSQL_SSL_MODE", SslMode.REQUIRED);
    return new MySqlSettings(
        s.text("mysql.host", "MYSQL_HOST", "localhost"),
        s.integer("mysql.port", "MYSQL_PORT", 3306, 1, 65_535),
        s.requiredText("mysql.database", "MYSQL_DATABASE"),
        s.requiredText("mysql.user", "MYSQL_USER"),
        s.requiredSecret("mysql.password", "MYSQL_PASSWORD"),
        sslMode,
        DatabaseTrust.read(s, sslMode),
        s.integer("mysql.pool-size", "MYSQL_POOL_SIZE", defaultPoolSize, 1, 1000),
        s.duration(
            "mysql.connect-timeout",
            "MYSQL_CONNECT_TIMEOUT",
            Duration.ofSeconds(5),
            Duration.ofMillis(250),
            Duration.ofMinutes(5)),
        s.duration(
            "mysql.socket-timeout",
            "MYSQL_SOCKET_TIMEOUT",
            Duration.ofSeconds(30),
            Duration.ofSeconds(1),
            Duration.ofHours(1)));
  }

  /** Settings for a database on this machine, with every default. */
  public static MySqlSettings local(
      String host, int port, String database, String user, Secret password) {
    return new MySqlSettings(
        host,
        port,
        database,
        user,
        password,
        SslMode.PREFERRED,
        new DatabaseTrust.Platform(),
        10,
        Duration.ofSeconds(5),
        Duration.ofSeconds(30));
  }

  /** The same settings with another pool size. */
  public MySqlSettings withPoolSize(int size) {
    return new MySqlSettings(
        host, port, database, user, password, sslMode, trust, size, connectTimeout, socketTimeout);
  }

  /** The same settings with another time to wait for a connection. */
  public MySqlSettings withConnectTimeout(Duration timeout) {
    return new MySqlSettings(
        host, port, database, user, password, sslMode, trust, poolSize, timeout, socketTimeout);
  }

  /** The same settings with another time to wait for the answer to one statement. */
  public MySqlSettings withSocketTimeout(Duration timeout) {
    return new MySqlSettings(
        host, port, database, user, password, sslMode, trust, poolSize, connectTimeout, timeout);
  }

  /**
   * A pool of connections: READ COMMITTED, UTC. A connection to a server that takes no writes (any
   * more) is not handed out, and none is kept for more than some minutes. Opening it does not wait
   * for the database, and a database that is away only fails those who ask for a connection. The
   * caller closes it.
   *
   * @param name tells pools apart in metrics and logs
   * @param metrics where the pool's own meters go
   */
  public HikariDataSource open(String name, boolean autoCommit, MeterRegistry metrics) {
    // A wait for a lock ends with an error of the server's before the driver gives the connection
    // up.
    return open(name, autoCommit, metrics, "innodb_lock_wait_timeout=" + seconds(socketTimeout, 2));
  }

  /**
   * The same, with a limit to each wait for a lock of a row or a table.
   *
   * @param lockWait whole seconds, 1 at least; the server may take a second more
   */
  public HikariDataSource open(
      String name, boolean autoCommit, MeterRegistry metrics, Duration lockWait) {
    long limit = seconds(lockWait, 1);
    return open(
        name,
        autoCommit,
        metrics,
        "innodb_lock_wait_timeout=" + limit + ",lock_wait_timeout=" + limit);
  }

  private static long seconds(Duration time, int parts) {
    return Math.max(1, time.toSeconds() / parts);
  }

  private HikariDataSource open(
      String name, boolean autoCommit, MeterRegistry metrics, String sessionVariables) {
    var config = new HikariConfig();
    config.setPoolName(name);
    config.setJdbcUrl("jdbc:mysql://" + bracketed(host) + ":" + port + "/" + database);
    config.setUsername(user);
    config.setPassword(password.value());
    config.setAutoCommit(autoCommit);
    config.setTransactionIsolation("TRANSACTION_READ_COMMITTED");
    config.setMaximumPoolSize(poolSize);
    config.setMinimumIdle(Math.min(LEAST_IDLE, poolSize));
    config.setConnectionTimeout(connectTimeout.toMillis());
    // A server that is frozen would else cost so much for each connection of the pool.
    config.setValidationTimeout(Math.min(connectTimeout.toMillis(), 1000));
    config.setConnectionTestQuery(REFUSES_READ_ONLY);
    config.setMaxLifetime(MAX_LIFETIME.toMillis());
    if (poolSize > LEAST_IDLE) {
      config.setIdleTimeout(MAX_LIFETIME.toMillis() / 2);
    }
    config.setKeepaliveTime(Duration.ofMinutes(2).toMillis());
    config.setInitializationFailTimeout(-1);
    config.setMetricsTrackerFactory(new MicrometerMetricsTrackerFactory(metrics));
    config.addDataSourceProperty("sslMode", sslMode.name());
    trust.driverProperties().forEach(config::addDataSourceProperty);
    // Without TLS a password can only be sent encrypted with the key that the server hands out.
    config.addDataSourceProperty("allowPublicKeyRetrieval", sslMode == SslMode.DISABLED);
    config.addDataSourceProperty("connectTimeout", connectTimeout.toMillis());
    config.addDataSourceProperty("socketTimeout", socketTimeout.toMillis());
    config.addDataSourceProperty("tcpKeepAlive", true);
    // An offset, for a server without the tables of time zones knows no names.
    config.addDataSourceProperty("connectionTimeZone", "+00:00");
    config.addDataSourceProperty("forceConnectionTimeZoneToSession", true);
    config.addDataSourceProperty("sessionVariables", sessionVariables);
    config.addDataSourceProperty("rewriteBatchedStatements", true);
    config.addDataSourceProperty("cachePrepStmts", true);
    config.addDataSourceProperty("prepStmtCacheSize", 250);
    config.addDataSourceProperty("prepStmtCacheSqlLimit", 4096);
    config.addDataSourceProperty("useLocalSessionState", true);
    config.addDataSourceProperty("maintainTimeStats", false);
    // The driver makes spans by itself where the API is on the class path, for each statement.
    config.addDataSourceProperty("openTelemetry", "DISABLED");
    return new HikariDataSource(config);
  }

  private static String bracketed(String host) {
    return host.contains(":") && !host.startsWith("[") ? "[" + host + "]" : host;
  }
}
