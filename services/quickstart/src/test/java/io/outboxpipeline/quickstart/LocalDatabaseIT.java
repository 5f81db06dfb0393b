package io.outboxpipeline.quickstart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.JavaProcess;
import io.outboxpipeline.testkit.TestDatabase;
import io.outboxpipeline.testkit.TestImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The quickstart where there is no embedded server. */
final class LocalDatabaseIT {
  private static final Path LOGS = Path.of("target", "quickstart-logs");

  @Test
  void mysql_in_docker_starts_and_leaves_nothing_behind() throws Exception {
    TestImage.MYSQL.need("LocalDatabaseIT");
    LocalDatabase database = DockerMySql.start(TestImage.MYSQL.of().toString());
    try (var _ = database.end()) {
      database.create("base");
      database.create("base");
      try (var c = database.connect("base")) {
        assertThat(c.getCatalog()).isEqualTo("base");
      }
      var settings = database.settings("base");
      try (var pool = settings.open("test", false, new SimpleMeterRegistry());
          var c = pool.getConnection()) {
        assertThat(c.isValid(5)).isTrue();
      }
    }
    assertThatThrownBy(() -> database.connect("base").close()).isInstanceOf(SQLException.class);
  }

  @Test
  void the_quickstart_runs_on_a_server_of_ones_own() throws Exception {
    Database server = TestDatabase.preferred().create();
    Ports ports;
    do {
      ports = new Ports(JavaProcess.freePort());
    } while (ports.conflict().isPresent());
    try (var quickstart =
        JavaProcess.start(
            "quickstart-" + ports.base(),
            Main.class,
            Map.of(
                LocalDatabase.VARIABLE,
                "mysql://"
                    + server.user()
                    + ":"
                    + server.password()
                    + "@"
                    + server.host()
                    + ":"
                    + server.port(),
                "CONSOLE_PORT",
                "0"),
            LOGS,
            List.of("-Dquickstart.port=" + ports.base(), "-XX:TieredStopAtLevel=1"))) {
      Path log = LOGS.resolve("quickstart-" + ports.base() + ".log");
      await()
          .until(
              () -> {
                assertThat(quickstart.isAlive()).as("it runs; see " + log).isTrue();
                return Files.readString(log).contains("Ctrl-C stops it all");
              });
      assertThat(Files.readString(log))
          .contains(server.host() + ":" + server.port() + " (yours)")
          .doesNotContain(":" + server.password() + "@");
      assertThat(quickstart.stop(60)).isEqualTo(143);
    }
    assertThat(server.number("SELECT COUNT(*) FROM consumer.obt_spending"))
        .as("what it did stays there")
        .isEqualTo(5);
    server.execute("DROP DATABASE base", "DROP DATABASE consumer");
  }
}
