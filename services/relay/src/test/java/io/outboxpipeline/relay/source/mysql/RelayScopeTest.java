package io.outboxpipeline.relay.source.mysql;

import io.outboxpipeline.testkit.Exploration;
import io.outboxpipeline.testkit.TestSize;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Every order in which relays, writers, a transaction that commits late and one fault can meet. The
 * rules are those of {@link RelaySimulation}.
 */
final class RelayScopeTest {
  private static final int LIMIT = 5_000_000;

  @ParameterizedTest
  @EnumSource
  void every_event_is_sent_in_order_whatever_the_order_of_the_steps(RelayScope.Fault fault) {
    var walked = Exploration.walk(() -> new RelayScope(fault, size(fault)), LIMIT);
    System.out.println(fault + ", " + size(fault) + ": " + walked);
  }

  /** Two relays, or ids that come again, make ten times as many states. */
  private static RelayScope.Size size(RelayScope.Fault fault) {
    if (TestSize.of(0, 1) == 1) {
      return new RelayScope.Size(2, 2, 3, 1);
    }
    return switch (fault) {
      case REPLACED -> new RelayScope.Size(2, 0, 0, 0);
      case MOVED -> new RelayScope.Size(2, 0, 3, 0);
      case RESTORED -> new RelayScope.Size(2, 0, 3, 1);
      default -> new RelayScope.Size(2, 1, 0, 0);
    };
  }
}
