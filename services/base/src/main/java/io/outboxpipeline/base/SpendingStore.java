package io.outboxpipeline.base;

import io.helidon.webserver.http.Handler;
import io.outboxpipeline.runtime.Health;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/** Where spendings are kept, each written together with its event. Thread-safe. */
interface SpendingStore extends AutoCloseable {

  /** Writes the spending, its event and its idempotency key: all of them or none. */
  Recorded record(NewSpending spending, Optional<String> key) throws SQLException;

  /** One spending. */
  Optional<Spending> find(long id);

  /**
   * An identity's spendings in the order in which they committed.
   *
   * @param after the sequence to begin after
   */
  List<Spending> list(String identity, long after, int limit);

  /** Up while the store can be used; answers at once. */
  Health health();

  /** The handler, with 503 and Retry-After for what the store is to blame for. */
  Handler guard(Handler handler);

  @Override
  void close();
}
