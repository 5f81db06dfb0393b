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
 */
public record BaseSettings(
    ServerSettings server, MySqlSettings mysql, boolean migrate, Duration idempotencyRetention) {

  /** How long keys are kept if nothing else is set. */
  public static final Duration DEFAULT_RETENTION = Duration.ofHours(24);

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
                Duration.ofDays(365)));
    s.check();
    return settings;
  }
}
