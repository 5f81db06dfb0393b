package io.outboxpipeline.quickstart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outboxpipeline.testkit.Database;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What must hold whatever happened meanwhile: the consumer has what the base committed, once, in
 * order for each identity, and nothing else.
 */
final class Arrived {
  private Arrived() {}

  /**
   * From here on a transaction of {@link Clients#ROLLED_BACK} fails once spending and event are
   * written: it must leave neither.
   */
  static void refuseWhatIsToBeRolledBack(Database base) {
    base.execute(
        """
        CREATE TRIGGER refuse AFTER INSERT ON obt FOR EACH ROW
        BEGIN
          IF NEW.payload LIKE '%%"%s"%%' THEN
            SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'refused by the test';
          END IF;
        END
        """
            .formatted(Clients.ROLLED_BACK));
  }

  /** Waits until the outbox is empty and compares all that was committed with what was applied. */
  static void awaitAll(Database base, Database consumer, int posted) {
    await("the outbox is empty")
        .atMost(Duration.ofMinutes(5))
        .until(() -> base.number("SELECT COUNT(*) FROM obt") == 0);
    await("all is applied")
        .atMost(Duration.ofMinutes(5))
        .until(() -> consumer.number("SELECT COUNT(*) FROM obt_spending") >= posted);
    List<Spent> committed = spent(base, "identity, sequence");
    List<Spent> applied = spent(consumer, "id");
    assertThat(committed).hasSize(posted).noneMatch(s -> s.name.equals(Clients.ROLLED_BACK));
    Map<String, Long> last = new HashMap<>();
    for (Spent s : applied) {
      assertThat(s.sequence)
          .as("order of %s", s.identity)
          .isEqualTo(last.merge(s.identity, 1L, Long::sum));
    }
    Set<Spent> once = new HashSet<>(applied);
    assertThat(once).hasSameSizeAs(applied);
    assertThat(once).isEqualTo(new HashSet<>(committed));
  }

  private record Spent(
      String eventId, String identity, long sequence, String name, String surname, String amount) {}

  private static List<Spent> spent(Database database, String order) {
    List<Spent> spent = new ArrayList<>();
    try (var c = database.dataSource().getConnection();
        var s = c.createStatement();
        var row =
            s.executeQuery(
                "SELECT event_id, identity, sequence, name, surname, amount FROM obt_spending ORDER BY "
                    + order)) {
      while (row.next()) {
        spent.add(
            new Spent(
                row.getString(1),
                row.getString(2),
                row.getLong(3),
                row.getString(4),
                row.getString(5),
                row.getBigDecimal(6).toPlainString()));
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
    return spent;
  }
}
