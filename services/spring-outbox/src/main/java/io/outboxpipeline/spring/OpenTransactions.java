package io.outboxpipeline.spring;

import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.datasource.ConnectionHolder;
import org.springframework.transaction.TransactionExecution;
import org.springframework.transaction.TransactionExecutionListener;
import org.springframework.transaction.TransactionStatus;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Follows the transactions of one manager. Spring's own flag says "active" also after the commit
 * and in transactions of other managers, so each transaction gets a mark when it begins, which
 * Spring takes away when it is suspended, and which is closed before it is committed.
 */
final class OpenTransactions implements TransactionExecutionListener {
  private final DataSource database;

  OpenTransactions(DataSource database) {
    this.database = database;
  }

  @Override
  public void afterBegin(TransactionExecution transaction, @Nullable Throwable failure) {
    if (failure != null || !TransactionSynchronizationManager.isSynchronizationActive()) {
      return;
    }
    if (transaction.isNewTransaction()) {
      if (transaction instanceof TransactionStatus status
          && TransactionSynchronizationManager.getResource(database)
              instanceof ConnectionHolder holder) {
        TransactionSynchronizationManager.registerSynchronization(
            new OpenTransaction(this, status, holder));
      }
    } else if (transaction.isNested()) {
      nested(1);
    }
  }

  @Override
  public void beforeCommit(TransactionExecution transaction) {
    if (transaction.isNewTransaction()) {
      OpenTransaction mark = mark();
      if (mark != null) {
        mark.close();
      }
    } else if (transaction.isNested()) {
      nested(-1);
    }
  }

  @Override
  public void beforeRollback(TransactionExecution transaction) {
    if (!transaction.isNewTransaction() && transaction.isNested()) {
      nested(-1);
    }
  }

  private void nested(int more) {
    OpenTransaction mark = mark();
    if (mark != null) {
      mark.nested(more);
    }
  }

  /**
   * The current transaction, if what is written in it now is committed with it.
   *
   * @throws IllegalStateException if not; none of Spring's TransactionExceptions, after which a
   *     listener before the commit would not be rolled back
   */
  OpenTransaction current() {
    OpenTransaction mark = mark();
    if (mark == null) {
      throw new IllegalStateException(
          TransactionSynchronizationManager.isActualTransactionActive()
              ? "append needs a transaction of its own transaction manager that is not yet committed. The current one"
                  + " is of another manager, or is over, as in a listener after the commit: what is written there is"
                  + " never committed. Append before, or with Propagation.REQUIRES_NEW"
              : "append needs a transaction, and there is none: call it from a @Transactional method");
    }
    if (mark.closed()) {
      throw new IllegalStateException(
          "append comes too late: the transaction is committed, and nobody would commit what is written now. Append"
              + " before, or with Propagation.REQUIRES_NEW");
    }
    if (TransactionSynchronizationManager.isCurrentTransactionReadOnly()) {
      throw new IllegalStateException("append can't write in a read-only transaction");
    }
    if (!mark.holder().equals(TransactionSynchronizationManager.getResource(database))) {
      throw new IllegalStateException(
          "append needs the connection of the current transaction, and another one is bound");
    }
    return mark;
  }

  private @Nullable OpenTransaction mark() {
    if (!TransactionSynchronizationManager.isSynchronizationActive()) {
      return null;
    }
    for (TransactionSynchronization s : TransactionSynchronizationManager.getSynchronizations()) {
      if (s instanceof OpenTransaction mark && mark.belongsTo(this)) {
        return mark;
      }
    }
    return null;
  }
}
