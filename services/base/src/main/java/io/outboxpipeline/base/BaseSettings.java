package io.outboxpipeline.base;

import io.outboxpipeline.runtime.Migration;
import io.outboxpipeline.runtime.MySqlSettings;
import io.outboxpipeline.runtime.ServerSettings;
import io.outboxpipeline.runtime.Settings;
import java.time.Duration;

/**
 * The base's settings.
 *
 * @param migrate whether to bring the tables up to date on start
 * @param idempotencyRetention how long a request with an {@code Idempotency-Key} is remembered, at
 *     least
 * @param requestTimeout how long a request may wait for connections and locks, and be tried again
 */
public record BaseSettings(
    ServerSettings server,
    MySqlSettings mysql,
    boolean migrate,
    Duration idempotencyRetention,
    Duration requestTimeout) {

  /** How long keys are kept if nothing else is set. */
  public static final Duration DEFAULT_RETENTION = Duration.ofHours(24);

  /** How long a request may take if nothing else is set. */
  public static final Duration DEFAULT_REQUEST_TIMEOUT = Duration.ofSeconds(5);

  /** The same settings with another time that a request may take. */
  public BaseSettings withRequestTimeout(Duration timeout) {
    return new BaseSettings(server, mysql, migrate, idempotencyRetention, timeout);
  }

  /** When the tables are brought up to date. */
  static Migration migration(Settings s) {
    return Migration.read(s, "base.migrate", "BASE_MIGRATE");
  }

  /**
   * Reads and checks them.
   *
   * @throws io.outboxpipeline.runtime.InvalidSettings naming every bad key
   */
  public static BaseSettings read(Settings s) {
    var settings =
        new BaseSettings(
            ServerSettings.read(s, 8081),
            MySqlSettings.read(s, 10),
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
                Duration.ofMinutes(10)));
    s.check();
    return settings;
  }
}
