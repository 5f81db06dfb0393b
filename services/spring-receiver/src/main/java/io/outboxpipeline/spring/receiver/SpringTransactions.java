package io.outboxpipeline.spring.receiver;

import io.outboxpipeline.receiver.Transactions;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.springframework.jdbc.datasource.ConnectionHolder;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Transactions of a transaction manager, so that JDBC, JPA and jOOQ of the listeners write in the
 * inbox's. Thread-safe.
 */
final class SpringTransactions implements Transactions {
  private final TransactionTemplate template;
  private final DataSource database;

  /**
   * @param database to which the manager binds its connections
   */
  SpringTransactions(PlatformTransactionManager manager, DataSource database) {
    this.template = new TransactionTemplate(manager);
    this.database = database;
  }

  @Override
  public <T> T run(Work<T> work) throws SQLException {
    try {
      T result = template.execute(status -> inTransaction(work));
      if (result == null) {
        throw new IllegalStateException("the work of a transaction gave nothing");
      }
      return result;
    } catch (CarriedException e) {
      throw e.carried;
    }
  }

  private <T> T inTransaction(Work<T> work) {
    if (!(TransactionSynchronizationManager.getResource(database) instanceof ConnectionHolder)) {
      throw new IllegalStateException(
          "the transaction manager of the receiver binds no connection of its DataSource, so a"
              + " listener's writes and the inbox would not be committed together");
    }
    Connection connection = DataSourceUtils.getConnection(database);
    try {
      return work.run(connection);
    } catch (SQLException e) {
      throw new CarriedException(e);
    } finally {
      DataSourceUtils.releaseConnection(connection, database);
    }
  }

  /** Brings a checked exception through Spring's template, which rolls back for it. */
  private static final class CarriedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final SQLException carried;

    CarriedException(SQLException carried) {
      super(null, carried, false, false);
      this.carried = carried;
    }
  }
}
