package io.outboxpipeline.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.outboxpipeline.dynamodb.UpdateClauses.Clause;
import io.outboxpipeline.testkit.SeedSource;
import io.outboxpipeline.testkit.Seeds;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class UpdateClausesTest {

  private static String merged(String own) {
    return UpdateClauses.parse(own).and(Clause.SET, "#x = :x").and(Clause.ADD, "#n :n").text();
  }

  @Test
  void each_clause_stands_once() {
    assertThat(merged("")).isEqualTo("SET #x = :x ADD #n :n");
    assertThat(merged("SET a = :a")).isEqualTo("SET a = :a, #x = :x ADD #n :n");
    assertThat(merged("add b :b remove c[1], d.e delete f :f"))
        .isEqualTo("SET #x = :x REMOVE c[1], d.e ADD b :b, #n :n DELETE f :f");
    assertThat(merged("SET a = if_not_exists(a, :zero) + :one,b=list_append(b,:l)REMOVE c"))
        .isEqualTo(
            "SET a = if_not_exists(a, :zero) + :one,b=list_append(b,:l), #x = :x REMOVE c"
                + " ADD #n :n");
  }

  @Test
  void a_name_that_is_a_clause_s_behind_a_placeholder_or_in_a_path_is_none() {
    assertThat(merged("SET #set = :remove, m.remove = :add, l[0].delete = #m.add"))
        .isEqualTo("SET #set = :remove, m.remove = :add, l[0].delete = #m.add, #x = :x ADD #n :n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SET a = :a SET b = :b",
        "SET",
        "SET REMOVE a",
        "a = :a",
        "SET a = (:a",
        "SET a = :a)",
        "REMOVE a add b :b remove c"
      })
  void what_is_no_expression_is_refused(String text) {
    assertThatThrownBy(() -> merged(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void what_is_longer_than_dynamodb_takes_is_refused() {
    assertThatThrownBy(() -> merged("REMOVE " + "a".repeat(4096))).hasMessageContaining("4 KB");
  }

  @ParameterizedTest
  @SeedSource(ci = 2_000, full = 200_000)
  void any_clauses_in_any_order_come_out_as_they_went_in(Seeds seeds) throws Exception {
    seeds.forEach(UpdateClausesTest::comesOutAsItWentIn);
  }

  private static void comesOutAsItWentIn(RandomGenerator random) {
    var clauses = new ArrayList<>(List.of(Clause.values()));
    Collections.shuffle(clauses, Random.from(random));
    var own = new StringBuilder();
    var expected = new TreeMap<Clause, String>();
    for (Clause clause : clauses.subList(0, random.nextInt(clauses.size() + 1))) {
      var actions = new ArrayList<String>();
      for (int i = 0; i <= random.nextInt(4); i++) {
        actions.add(action(clause, random));
      }
      String text = String.join(random.nextBoolean() ? ", " : ",", actions);
      expected.put(clause, text);
      String keyword =
          random.nextBoolean() ? clause.name() : clause.name().toLowerCase(java.util.Locale.ROOT);
      own.append(keyword).append(random.nextBoolean() ? " " : "\n ").append(text).append(' ');
    }
    expected.merge(Clause.SET, "#x = :x", (a, b) -> a + ", " + b);
    expected.merge(Clause.ADD, "#n :n", (a, b) -> a + ", " + b);
    var whole = new ArrayList<String>();
    expected.forEach((clause, text) -> whole.add(clause + " " + text));
    assertThat(merged(own.toString())).isEqualTo(String.join(" ", whole));
  }

  private static String action(Clause clause, RandomGenerator random) {
    String path = path(random);
    return switch (clause) {
      case REMOVE -> path;
      case ADD, DELETE -> path + " :v" + random.nextInt(9);
      case SET ->
          path
              + (random.nextBoolean() ? " = " : "=")
              + switch (random.nextInt(4)) {
                case 0 -> ":set";
                case 1 -> path(random) + " + :add";
                case 2 -> "if_not_exists(" + path(random) + ", :remove) - :delete";
                default -> "list_append(" + path(random) + ",:l)";
              };
    };
  }

  private static String path(RandomGenerator random) {
    String[] names = {"a", "b_1", "#set", "#remove", "Total", "m"};
    String path = names[random.nextInt(names.length)];
    return switch (random.nextInt(4)) {
      case 0 -> path + "." + new String[] {"add", "delete", "x"}[random.nextInt(3)];
      case 1 -> path + "[" + random.nextInt(20) + "]";
      default -> path;
    };
  }
}
