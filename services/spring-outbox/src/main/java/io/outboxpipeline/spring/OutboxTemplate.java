package io.outboxpipeline.spring;

import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.EventAppender;
import io.outboxpipeline.outbox.JsonPayloads;
import io.outboxpipeline.outbox.NewEvent;
import io.outboxpipeline.outbox.Outbox;
import io.outboxpipeline.outbox.Outbox.Appended;
import io.outboxpipeline.outbox.OutboxException;
import io.outboxpipeline.outbox.PayloadWriter;
import java.sql.Connection;
import java.util.List;
import javax.sql.DataSource;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.transaction.ConfigurableTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * Appends events in the current transaction of one transaction manager, on the connection that this
 * transaction has. Thread-safe. Made once for a manager, before its first transaction.
 *
 * <p>It refuses with {@link IllegalStateException} wherever the event would not be committed
 * together with the business change: without a transaction, in one of another manager, in a
 * read-only one, and after the commit, where Spring still calls a transaction active. With JPA it
 * flushes before it appends, so that a change that the database refuses fails first.
 *
 * <p>After an append that failed, the transaction can't be committed, even if the exception is
 * caught: it is rolled back, and the commit throws the exception again. Only a nested transaction
 * that is rolled back to its savepoint takes the failure along.
 */
public final class OutboxTemplate {
  private final OpenTransactions transactions;
  private final DataSource database;
  private final EventAppender outbox;
  private final PayloadWriter payloads;

  /** With JSON payloads and without interceptors. */
  public OutboxTemplate(PlatformTransactionManager manager) {
    this(manager, Outbox.appender(), new JsonPayloads());
  }

  /**
   * A template for a manager's transactions.
   *
   * @param manager of JDBC or JPA, and not a proxy
   * @throws IllegalArgumentException if the manager has no DataSource, or none that its
   *     transactions are bound to
   */
  public OutboxTemplate(
      PlatformTransactionManager manager, EventAppender outbox, PayloadWriter payloads) {
    this.database = ManagedDatabase.of(manager);
    this.outbox = outbox;
    this.payloads = payloads;
    this.transactions = new OpenTransactions(database);
    if (!(manager instanceof ConfigurableTransactionManager configurable)) {
      throw new IllegalArgumentException(
          manager.getClass().getName() + " can't say when its transactions begin and end");
    }
    configurable.addListener(transactions);
  }

  /**
   * Writes one event.
   *
   * @throws IllegalStateException if it would not be committed with the caller's change
   * @throws OutboxException if it fails
   */
  public Appended append(NewEvent event) {
    return append(List.of(event)).get(0);
  }

  /**
   * Writes one event whose payload is made of a value.
   *
   * @throws IllegalArgumentException if the value has no payload that a message can carry
   * @throws IllegalStateException if it would not be committed with the caller's change
   * @throws OutboxException if it fails
   */
  public Appended append(Aggregate aggregate, String type, Object payload) {
    return append(NewEvent.of(aggregate, type, payload, payloads));
  }

  /**
   * Writes events, those of one aggregate in the order of the list.
   *
   * @return what each was given, in the order of the list
   * @throws IllegalStateException if they would not be committed with the caller's change
   * @throws OutboxException if it fails
   */
  public List<Appended> append(List<NewEvent> events) {
    OpenTransaction transaction = transactions.current();
    transaction.flushAll();
    Connection connection = DataSourceUtils.getConnection(database);
    try {
      return outbox.append(connection, events);
    } catch (OutboxException e) {
      transaction.failed(e);
      throw e;
    } finally {
      DataSourceUtils.releaseConnection(connection, database);
    }
  }

  /** The manager's, on whose connections the events are written. */
  public DataSource dataSource() {
    return database;
  }
}
