package io.outboxpipeline.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.arjuna.ats.internal.jta.transaction.arjunacore.TransactionSynchronizationRegistryImple;
import io.agroal.api.AgroalDataSource;
import io.agroal.api.configuration.supplier.AgroalDataSourceConfigurationSupplier;
import io.agroal.api.security.NamePrincipal;
import io.agroal.api.security.SimplePassword;
import io.agroal.narayana.NarayanaTransactionIntegration;
import io.outboxpipeline.migrations.Migrations;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.TestDatabase;
import jakarta.transaction.Status;
import jakarta.transaction.TransactionManager;
import java.io.IOException;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Agroal's pool and Narayana's transactions, which are those of Quarkus: what they commit and roll
 * back. The annotation's rules are followed by {@link #transactional}, without a container.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class JtaIT {
  static {
    System.setProperty("ObjectStoreEnvironmentBean.objectStoreDir", "target/narayana");
  }

  private final TransactionManager transactions =
      com.arjuna.ats.jta.TransactionManager.transactionManager();
  private final Database database = TestDatabase.preferred().create();
  private final Database other = TestDatabase.preferred().create();

  @SuppressWarnings("NullAway.Init") // opened before all tests
  private AgroalDataSource pool;

  @SuppressWarnings("NullAway.Init")
  private AgroalDataSource elsewhere;

  @BeforeAll
  void tables() throws SQLException {
    pool = open(database);
    elsewhere = open(other);
    for (Database each : List.of(database, other)) {
      Migrations.outbox(each.dataSource());
      each.execute("CREATE TABLE orders (id VARCHAR(64) PRIMARY KEY)");
    }
  }

  @AfterAll
  void close() {
    pool.close();
    elsewhere.close();
  }

  private AgroalDataSource open(Database at) throws SQLException {
    return AgroalDataSource.from(
        new AgroalDataSourceConfigurationSupplier()
            .connectionPoolConfiguration(
                connections ->
                    connections
                        .maxSize(4)
                        .transactionIntegration(
                            new NarayanaTransactionIntegration(
                                transactions, new TransactionSynchronizationRegistryImple()))
                        .connectionFactoryConfiguration(
                            factory ->
                                factory
                                    .jdbcUrl(at.jdbcUrl())
                                    .principal(new NamePrincipal(at.user()))
                                    .credential(new SimplePassword(at.password())))));
  }

  /** As {@code @Transactional} has it: an unchecked exception rolls back, a checked one commits. */
  private <T> T transactional(Callable<T> work) throws Exception {
    transactions.begin();
    try {
      T result = work.call();
      end();
      return result;
    } catch (RuntimeException e) {
      transactions.rollback();
      throw e;
    } catch (Exception e) {
      end();
      throw e;
    }
  }

  private void end() throws Exception {
    if (transactions.getStatus() == Status.STATUS_MARKED_ROLLBACK) {
      transactions.rollback();
    } else {
      transactions.commit();
    }
  }

  private static List<Long> written(Database at, String id) {
    return List.of(
        at.number("SELECT COUNT(*) FROM orders WHERE id = '" + id + "'"),
        at.number("SELECT COUNT(*) FROM obt WHERE aggregate_id = '" + id + "'"));
  }

  private Object place(AgroalDataSource at, String id) throws SQLException {
    new JtaOrders(at).place(id);
    return id;
  }

  @Test
  void the_order_and_its_event_are_committed_together() throws Exception {
    transactional(() -> place(pool, "one"));
    assertThat(written(database, "one")).containsExactly(1L, 1L);
  }

  @Test
  void an_unchecked_exception_rolls_both_back() {
    assertThatThrownBy(
            () ->
                transactional(
                    () -> {
                      place(pool, "two");
                      throw new IllegalStateException("no");
                    }))
        .hasMessage("no");
    assertThat(written(database, "two")).containsExactly(0L, 0L);
  }

  @Test
  void a_checked_exception_commits_both() {
    assertThatThrownBy(
            () ->
                transactional(
                    () -> {
                      place(pool, "three");
                      throw new IOException("no");
                    }))
        .hasMessage("no");
    assertThat(written(database, "three")).containsExactly(1L, 1L);
  }

  @Test
  void one_that_is_marked_for_rollback_leaves_neither() throws Exception {
    transactional(
        () -> {
          place(pool, "four");
          transactions.setRollbackOnly();
          return 4;
        });
    assertThat(written(database, "four")).containsExactly(0L, 0L);
  }

  @Test
  void a_transaction_of_its_own_is_committed_whatever_the_outer_one_does() {
    assertThatThrownBy(
            () ->
                transactional(
                    () -> {
                      place(pool, "outer");
                      var outer = transactions.suspend();
                      transactional(() -> place(pool, "inner"));
                      transactions.resume(outer);
                      throw new IllegalStateException("no");
                    }))
        .hasMessage("no");
    assertThat(written(database, "outer")).containsExactly(0L, 0L);
    assertThat(written(database, "inner")).containsExactly(1L, 1L);
  }

  @Test
  void outside_of_a_transaction_append_refuses() {
    assertThatThrownBy(() -> place(pool, "outside"))
        .hasMessageContaining("append needs a transaction");
    assertThat(written(database, "outside").getLast()).as("events").isZero();
  }

  /** Else a commit could end between the two. */
  @Test
  void a_second_database_in_one_transaction_is_refused() {
    assertThatThrownBy(
            () ->
                transactional(
                    () -> {
                      place(pool, "here");
                      try {
                        return place(elsewhere, "there");
                      } catch (SQLException e) {
                        throw new IllegalStateException(e);
                      }
                    }))
        .isInstanceOf(IllegalStateException.class);
    assertThat(written(database, "here")).containsExactly(0L, 0L);
    assertThat(written(other, "there")).containsExactly(0L, 0L);
  }
}
