package io.outboxpipeline.base;

import io.outboxpipeline.runtime.DynamoDbSettings;
import io.outboxpipeline.runtime.Migration;
import io.outboxpipeline.runtime.MySqlSettings;
import io.outboxpipeline.runtime.Secret;
import io.outboxpipeline.runtime.ServerSettings;
import io.outboxpipeline.runtime.Settings;
import java.time.Duration;
import java.util.Optional;

/**
 * The base's settings.
 *
 * @param mysql the database that spendings are written in, unless it is DynamoDB
 * @param migrate whether to bring the tables up to date on start
 * @param idempotencyRetention how long a request with an {@code Idempotency-Key} is remembered, at
 *     least
 * @param requestTimeout how long a request may wait for connections and locks, and be tried again
 * @param dynamoDb the table that spendings are written in instead
 */
public record BaseSettings(
    ServerSettings server,
    MySqlSettings mysql,
    boolean migrate,
    Duration idempotencyRetention,
    Duration requestTimeout,
    Optional<DynamoDbSettings> dynamoDb) {

  /** What {@code base.store} may say. */
  enum Store {
    MYSQL,
    DYNAMODB
  }

  /** Where there is no such database. */
  private static final MySqlSettings NONE =
      MySqlSettings.local("none", 1, "none", "none", new Secret(""));

  /** How long keys are kept if nothing else is set. */
  public static final Duration DEFAULT_RETENTION = Duration.ofHours(24);

  /** How long a request may take if nothing else is set. */
  public static final Duration DEFAULT_REQUEST_TIMEOUT = Duration.ofSeconds(5);

  /** Those of a base on MySQL or MariaDB. */
  public BaseSettings(
      ServerSettings server,
      MySqlSettings mysql,
      boolean migrate,
      Duration idempotencyRetention,
      Duration requestTimeout) {
    this(server, mysql, migrate, idempotencyRetention, requestTimeout, Optional.empty());
  }

  /** The same settings with another time that a request may take. */
  public BaseSettings withRequestTimeout(Duration timeout) {
    return new BaseSettings(server, mysql, migrate, idempotencyRetention, timeout, dynamoDb);
  }

  /** When the tables are brought up to date; one of DynamoDB never by a migrator. */
  static Migration migration(Settings s) {
    Migration migration = told(s);
    return migration == Migration.ONLY && store(s) == Store.DYNAMODB ? Migration.NEVER : migration;
  }

  private static Migration told(Settings s) {
    return Migration.read(s, "base.migrate", "BASE_MIGRATE");
  }

  private static Store store(Settings s) {
    return s.choice("base.store", "BASE_STORE", Store.MYSQL);
  }

  /**
   * Reads and checks them.
   *
   * @throws io.outboxpipeline.runtime.InvalidSettings naming every bad key
   */
  public static BaseSettings read(Settings s) {
    Optional<DynamoDbSettings> dynamoDb =
        store(s) == Store.DYNAMODB ? Optional.of(DynamoDbSettings.read(s)) : Optional.empty();
    if (dynamoDb.isPresent() && told(s) == Migration.ONLY) {
      s.problem("migrate", "MIGRATE", "must be on-start or never where the store is DynamoDB");
    }
    var settings =
        new BaseSettings(
            ServerSettings.read(s, 8081),
            dynamoDb.isPresent() ? NONE : MySqlSettings.read(s, 10),
            migration(s) == Migration.ON_START,
            s.duration(
                "base.idempotency-retention",
                "BASE_IDEMPOTENCY_RETENTION",
                DEFAULT_RETENTION,
                Duration.ofMinutes(1),
                Duration.ofDays(365)),
            s.duration(
                "base.request-timeout",
                "BASE_REQUEST_TIMEOUT",
                DEFAULT_REQUEST_TIMEOUT,
                Duration.ofSeconds(1),
                Duration.ofMinutes(10)),
            dynamoDb);
    s.check();
    return settings;
  }
}
