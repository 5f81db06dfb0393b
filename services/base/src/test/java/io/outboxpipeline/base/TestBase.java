package io.outboxpipeline.base;

import static org.awaitility.Awaitility.await;

import io.outboxpipeline.runtime.DatabaseTrust;
import io.outboxpipeline.runtime.MySqlSettings;
import io.outboxpipeline.runtime.Secret;
import io.outboxpipeline.runtime.ServerSettings;
import io.outboxpipeline.testkit.Database;
import java.time.Duration;

/** Starts bases for tests. */
final class TestBase {
  private TestBase() {}

  static BaseSettings settings(Database db) {
    return settings(db, db.port());
  }

  static BaseSettings settings(Database db, int port) {
    return new BaseSettings(
        ServerSettings.local(0),
        new MySqlSettings(
            "127.0.0.1",
            port,
            db.name(),
            db.user(),
            new Secret(db.password()),
            io.outboxpipeline.runtime.SslMode.PREFERRED,
            new DatabaseTrust.Platform(),
            10,
            Duration.ofSeconds(2),
            Duration.ofSeconds(20)),
        true,
        BaseSettings.DEFAULT_RETENTION,
        BaseSettings.DEFAULT_REQUEST_TIMEOUT);
  }

  static BaseService startReady(BaseSettings settings) {
    var base = BaseService.start(settings);
    awaitReady(base);
    return base;
  }

  static void awaitReady(BaseService base) {
    await().until(() -> new Api(base.port()).get("/health/ready").statusCode() == 200);
  }
}
