package io.outboxpipeline.quickstart;

import io.outboxpipeline.embedded.EmbeddedMariaDb;
import io.outboxpipeline.runtime.MySqlSettings;
import io.outboxpipeline.runtime.Secret;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Map;
import java.util.function.BooleanSupplier;

/**
 * The server that the quickstart's databases are on.
 *
 * @param what for the terminal: which server, and how to log in unless its owner knows
 * @param end stops it, and removes what it left
 */
record LocalDatabase(
    String what, String host, int port, String user, String password, AutoCloseable end) {

  /** Names a server of one's own: {@code mysql://user:password@host:port}. */
  static final String VARIABLE = "QUICKSTART_DATABASE";

  /** Where a server can come from. */
  enum Origin {
    NAMED,
    EMBEDDED,
    DOCKER;

    /**
     * The first that can be had.
     *
     * @param os and {@code architecture} as the system properties say it
     * @param docker whether Docker answers; asked only where it matters
     * @throws IllegalStateException if there is none; the message says what to do
     */
    static Origin of(
        Map<String, String> environment, String os, String architecture, BooleanSupplier docker) {
      if (environment.containsKey(VARIABLE)) {
        return NAMED;
      }
      if (EmbeddedMariaDb.runsOn(os, architecture)) {
        return EMBEDDED;
      }
      if (docker.getAsBoolean()) {
        return DOCKER;
      }
      throw new IllegalStateException(
          "there is no embedded MariaDB for "
              + os
              + " on "
              + architecture
              + ", and Docker does not answer. Start Docker, or name a MySQL or MariaDB server: "
              + VARIABLE
              + "=mysql://user:password@host:port");
    }
  }

  /** Finds or starts it. */
  static LocalDatabase start(Map<String, String> environment) {
    return switch (Origin.of(
        environment,
        System.getProperty("os.name"),
        System.getProperty("os.arch"),
        DockerMySql::answers)) {
      case NAMED -> named(environment.getOrDefault(VARIABLE, ""));
      case EMBEDDED -> {
        var db = EmbeddedMariaDb.start(0);
        yield new LocalDatabase(
            "MariaDB, user and password: outbox",
            db.host(),
            db.port(),
            db.user(),
            db.password(),
            db);
      }
      case DOCKER ->
          DockerMySql.start(environment.getOrDefault("MYSQL_IMAGE", DockerMySql.DEFAULT_IMAGE));
    };
  }

  /**
   * One that somebody else runs. Its databases stay when the quickstart stops.
   *
   * @throws IllegalStateException if the URL is not of the form that {@link #VARIABLE} says; the
   *     message does not repeat it, because it has a password
   */
  static LocalDatabase named(String url) {
    try {
      URI uri = URI.create(url);
      String[] login = String.valueOf(uri.getRawUserInfo()).split(":", 2);
      if ("mysql".equals(uri.getScheme()) && uri.getHost() != null && login.length == 2) {
        return new LocalDatabase(
            "yours",
            uri.getHost(),
            uri.getPort() < 0 ? 3306 : uri.getPort(),
            URLDecoder.decode(login[0], StandardCharsets.UTF_8),
            URLDecoder.decode(login[1], StandardCharsets.UTF_8),
            () -> {});
      }
    } catch (IllegalArgumentException e) {
      // Said below; the exception's words have the password in them.
    }
    throw new IllegalStateException(VARIABLE + " must be mysql://user:password@host:port");
  }

  /** Creates a database where there is none of this name. */
  void create(String name) {
    try (var c = connect("");
        var s = c.createStatement()) {
      s.execute("CREATE DATABASE IF NOT EXISTS `" + name + "` CHARACTER SET utf8mb4");
    } catch (SQLException e) {
      throw new IllegalStateException(
          "cannot create database " + name + " on " + host + ":" + port + ": " + e.getMessage(), e);
    }
  }

  /** A connection, for a look. */
  Connection connect(String name) throws SQLException {
    String url = "jdbc:mysql://" + host + ":" + port + "/" + name + "?allowPublicKeyRetrieval=true";
    return DriverManager.getConnection(url, user, password);
  }

  /** How a service reaches one of its databases. */
  MySqlSettings settings(String name) {
    return MySqlSettings.local(host, port, name, user, new Secret(password));
  }
}
