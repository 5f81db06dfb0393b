package io.outboxpipeline.ownership;

import io.outboxpipeline.migrations.Migrations;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.TestDatabase;
import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource
@Execution(ExecutionMode.SAME_THREAD)
final class DatabaseLeaseStoreIT extends LeaseStoreContract {

  /** Migrated once for each server, as migrating takes longer than the tests. */
  private static final Map<TestDatabase, Database> MIGRATED = new EnumMap<>(TestDatabase.class);

  private final Database database;

  DatabaseLeaseStoreIT(TestDatabase server) {
    database = MIGRATED.computeIfAbsent(server, DatabaseLeaseStoreIT::migrated);
  }

  private static Database migrated(TestDatabase server) {
    Database database = server.create();
    Migrations.outbox(database.dataSource());
    return database;
  }

  @BeforeEach
  void empty() {
    database.execute(
        "DELETE FROM obt_lease", "DELETE FROM obt_member", "DELETE FROM obt_partition_count");
  }

  @Override
  protected LeaseStore client() {
    return new DatabaseLeaseStore(database.dataSource());
  }
}
