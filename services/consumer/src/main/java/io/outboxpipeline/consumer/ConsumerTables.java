package io.outboxpipeline.consumer;

import io.outboxpipeline.migrations.Migrations;
import javax.sql.DataSource;

/** The inbox's tables and those of the example. Without state. */
final class ConsumerTables {
  private ConsumerTables() {}

  /** Brings them up to date; several may do so at once. */
  static void migrate(DataSource database) {
    Migrations.inbox(database);
    Migrations.run(
        database, "classpath:io/outboxpipeline/consumer/schema", "obt_spending_schema_history");
  }
}
