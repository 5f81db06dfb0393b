package io.outboxpipeline.spring;

import io.outboxpipeline.outbox.OutboxException;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.datasource.ConnectionHolder;
import org.springframework.transaction.TransactionStatus;
import org.springframework.transaction.support.TransactionSynchronization;

/** The mark of one transaction, from its begin until it is committed. Used by its thread alone. */
final class OpenTransaction implements TransactionSynchronization {
  private final OpenTransactions owner;
  private final TransactionStatus status;
  private final ConnectionHolder holder;
  private int savepoints;
  private boolean closed;
  private @Nullable OutboxException failure;

  OpenTransaction(OpenTransactions owner, TransactionStatus status, ConnectionHolder holder) {
    this.owner = owner;
    this.status = status;
    this.holder = holder;
  }

  boolean belongsTo(OpenTransactions transactions) {
    return owner == transactions;
  }

  ConnectionHolder holder() {
    return holder;
  }

  /** Sends to the database what an entity manager holds back. */
  void flushAll() {
    status.flush();
  }

  void nested(int more) {
    savepoints += more;
  }

  /**
   * Nothing more is appended, because the commit comes next.
   *
   * @throws OutboxException if an append failed. Not one of Spring's TransactionExceptions: Spring
   *     takes those for a failure of the commit itself, and does not roll back
   */
  void close() {
    closed = true;
    if (failure != null) {
      throw failure;
    }
  }

  boolean closed() {
    return closed;
  }

  /** Makes a commit impossible, unless a rollback to a savepoint undoes what failed. */
  void failed(OutboxException e) {
    if (savepoints == 0 || e.transactionLost()) {
      failure = e;
    }
  }
}
