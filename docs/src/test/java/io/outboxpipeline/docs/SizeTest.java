package io.outboxpipeline.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * No file and no method is too large to read. Those that were when this test was written are named:
 * a name may go, and none may come.
 */
final class SizeTest {
  private static final int LINES = 350;
  private static final int COMPLEXITY = 12;

  private static final Set<String> LONG_FILES =
      Set.of(
          "StackIT",
          "JourneyIT",
          "JdbcTransactionsIT",
          "RelayOnDynamoDbIT",
          "ServiceServerTest",
          "ResourceIT",
          "SpendingApiIT",
          "ConsumerIT",
          "InboxIT",
          "AcceptedEventTest",
          "Membership",
          "MembershipTest",
          "OwnershipIT",
          "Simulation",
          "RelaySimulation");

  private static final Set<String> COMPLEX_METHODS =
      Set.of(
          "Advance#write",
          "Batch#endOfElement",
          "BinlogWakeUp#event",
          "FaultyDynamoDb#handle",
          "Handover#changed",
          "Json#copyValue",
          "LookBack#look",
          "Membership#answered",
          "StoreCalls#answer",
          "Reader#round",
          "Reader#step",
          "RelaySpec#<init>",
          "UpdateClauses#parse");

  @Test
  void no_file_has_more_than_350_lines() throws IOException {
    var lines = new TreeMap<String, Integer>();
    for (Path file : Document.files(".java")) {
      try (var all = Files.lines(file)) {
        lines.merge(
            String.valueOf(file.getFileName()).replace(".java", ""), (int) all.count(), Math::max);
      }
    }
    assertThat(above(lines, LINES, LONG_FILES)).isEmpty();
  }

  @Test
  void no_method_has_a_complexity_above_12() {
    var main =
        Document.files(".java").stream().filter(f -> f.toString().contains("/src/main/")).toList();
    assertThat(main).hasSizeGreaterThan(100);
    assertThat(above(Sources.complexities(main), COMPLEXITY, COMPLEX_METHODS)).isEmpty();
  }

  private static Map<String, Integer> above(
      Map<String, Integer> all, int limit, Set<String> exceptions) {
    assertThat(all).as("those with an exception").containsKeys(exceptions.toArray(String[]::new));
    var above = new TreeMap<>(all);
    above.values().removeIf(size -> size <= limit);
    above.keySet().removeAll(exceptions);
    return above;
  }

  @Test
  void branches_loops_cases_catches_and_logical_operators_count() {
    assertThat(
            Sources.complexities(
                """
                class Example {
                  int plain() { return 1; }
                  int branches(int a) { if (a > 1 && a < 5 || a == 7) { return a > 2 ? 1 : 2; } return 0; }
                  void loops(int[] all) { for (int i : all) { while (i > 0) { i--; } } do { } while (false); }
                  int cases(int a) { return switch (a) { case 1, 2 -> 1; case 3 -> 2; default -> 0; }; }
                  Runnable lambda(int a) { return () -> { if (a > 0) { loops(null); } }; }
                  Object inner() {
                    return new Object() { @Override public String toString() { return plain() > 0 ? "" : "x"; } };
                  }
                  void tries() { try { plain(); } catch (RuntimeException e) { plain(); } }
                }
                """))
        .containsEntry("Example#plain", 1)
        .containsEntry("Example#branches", 5)
        .containsEntry("Example#loops", 4)
        .containsEntry("Example#cases", 3)
        .containsEntry("Example#lambda", 2)
        .containsEntry("Example#inner", 1)
        .containsEntry("Example.#toString", 2)
        .containsEntry("Example#tries", 2);
  }
}
