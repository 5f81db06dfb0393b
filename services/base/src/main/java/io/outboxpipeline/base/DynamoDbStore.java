package io.outboxpipeline.base;

import static java.lang.System.Logger.Level.WARNING;

import io.helidon.http.Status;
import io.helidon.webserver.http.Handler;
import io.outboxpipeline.dynamodb.OutboxFullException;
import io.outboxpipeline.dynamodb.OutcomeUnknownException;
import io.outboxpipeline.dynamodb.Retryable;
import io.outboxpipeline.runtime.DynamoDbSettings;
import io.outboxpipeline.runtime.DynamoDbTrouble;
import io.outboxpipeline.runtime.Health;
import io.outboxpipeline.runtime.ProblemException;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;

/** Spendings in a table of DynamoDB. */
final class DynamoDbStore implements SpendingStore {
  private static final System.Logger LOG = System.getLogger(DynamoDbStore.class.getName());
  private static final int CONNECTIONS = 64;
  private static final Duration LONGEST_CALL = Duration.ofSeconds(5);

  private final DynamoDbClient client;
  private final DynamoDbClient apart;
  private final DynamoDbWatch watch;
  private final DynamoDbSpendings spendings;

  DynamoDbStore(BaseSettings settings, DynamoDbSettings tables, InstantSource clock) {
    // Half of the time, so that a write whose answer was lost is sent again.
    Duration half = settings.requestTimeout().dividedBy(2);
    client = tables.open(half.compareTo(LONGEST_CALL) < 0 ? half : LONGEST_CALL, CONNECTIONS);
    apart = tables.open(LONGEST_CALL, 1);
    watch = DynamoDbWatch.start(apart, tables, settings.migrate());
    spendings =
        new DynamoDbSpendings(
            client,
            tables.table(),
            new Turns(CONNECTIONS),
            clock,
            settings.requestTimeout(),
            settings.idempotencyRetention());
  }

  @Override
  public Recorded record(NewSpending spending, Optional<String> key) throws SQLException {
    return spendings.record(spending, key);
  }

  @Override
  public Optional<Spending> find(long id) {
    return spendings.find(id);
  }

  @Override
  public List<Spending> list(String identity, long after, int limit) {
    return spendings.list(identity, after, limit);
  }

  @Override
  public Health health() {
    return watch.health();
  }

  @Override
  public Handler guard(Handler handler) {
    return (req, res) -> {
      try {
        handler.handle(req, res);
      } catch (OutboxFullException e) {
        throw unavailable(
            "Too many events of this identity wait to be sent. Nothing was written. Try again.");
      } catch (OutcomeUnknownException e) {
        LOG.log(WARNING, "nobody knows whether a spending is written: {0}", e.getMessage());
        throw unavailable(
            "The spending may be written, or not. Try again, with the same Idempotency-Key if the"
                + " request has one.");
      } catch (SdkException e) {
        if (!Retryable.test(e) && !DynamoDbTrouble.mayPass(e)) {
          throw e;
        }
        LOG.log(WARNING, "a request failed: {0}", DynamoDbTrouble.of(e));
        throw unavailable("The table can't be used now. Nothing was written. Try again.");
      }
    };
  }

  private static ProblemException unavailable(String detail) {
    return new ProblemException(Status.SERVICE_UNAVAILABLE_503, detail)
        .withHeader("Retry-After", "2");
  }

  @Override
  public void close() {
    watch.close();
    apart.close();
    client.close();
  }
}
