package io.outboxpipeline.relay.source.mysql;

import static org.assertj.core.api.Assertions.assertThat;

import io.outboxpipeline.migrations.Migrations;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.TestDatabase;
import java.net.URI;
import java.sql.SQLException;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class SourceNameIT {

  @ParameterizedTest
  @EnumSource(TestDatabase.class)
  void events_are_sent_under_the_settings_name_else_the_databases_own_else_its_schemas(
      TestDatabase server) throws SQLException {
    Database database = server.create();
    var before = new SourceName(Optional.empty(), database.dataSource(), "base");
    assertThat(before.get()).isEqualTo(URI.create("/outbox/base"));

    Migrations.outbox(database.dataSource());
    assertThat(before.get()).as("it never changes").isEqualTo(URI.create("/outbox/base"));
    var own = new SourceName(Optional.empty(), database.dataSource(), "base");
    assertThat(own.get().toString()).matches("/outbox/[0-9a-f-]{36}");

    URI given = URI.create("urn:orders");
    assertThat(new SourceName(Optional.of(given), database.dataSource(), "base").get())
        .isEqualTo(given);
  }
}
