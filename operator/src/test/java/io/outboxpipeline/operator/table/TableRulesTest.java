package io.outboxpipeline.operator.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.utils.Serialization;
import io.outboxpipeline.operator.api.DynamoDbSpec;
import io.outboxpipeline.operator.queue.QueueRules;
import org.junit.jupiter.api.Test;

/** Which tables the rules of the operator's settings allow. */
final class TableRulesTest {
  private static final QueueRules RULES =
      QueueRules.parse(
          """
          [{"namespaces": ["shop"], "names": ["*"], "tables": ["{namespace}-*"], "delete": false},
           {"namespaces": ["admin"], "names": ["*"], "tables": ["*"], "delete": true},
           {"namespaces": ["*"], "names": ["*"]}]
          """);

  private static DynamoDbSpec spec(String yaml) {
    return Serialization.unmarshal("--- " + yaml, DynamoDbSpec.class);
  }

  private static boolean allowed(String namespace, String yaml) {
    return RULES.against(namespace, spec(yaml)).isEmpty();
  }

  @Test
  void without_rules_all_is_allowed() {
    assertThat(QueueRules.NONE.against("any", spec("{table: any, deletionPolicy: Delete}")))
        .isEmpty();
  }

  @Test
  void both_tables_must_fit_the_rule_of_the_namespace() {
    assertThat(allowed("shop", "{table: shop-orders}")).isTrue();
    assertThat(allowed("shop", "{table: orders}")).isFalse();
    assertThat(allowed("shop", "{table: shop-orders, relayTable: other}")).isFalse();
    assertThat(RULES.against("shop", spec("{table: orders}")).orElseThrow().reason())
        .isEqualTo("TableNotAllowed");
  }

  @Test
  void a_rule_for_queues_alone_allows_no_table() {
    assertThat(allowed("else", "{table: else-orders}")).isFalse();
  }

  @Test
  void deletion_needs_the_rule_s_word() {
    assertThat(allowed("shop", "{table: shop-orders, deletionPolicy: Delete}")).isFalse();
    assertThat(allowed("admin", "{table: orders, deletionPolicy: Delete}")).isTrue();
  }
}
