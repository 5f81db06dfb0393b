package io.outboxpipeline.operator.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.client.utils.Serialization;
import io.outboxpipeline.operator.api.QueueSpec;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class QueueRulesTest {
  private static final QueueRules RULES =
      QueueRules.parse(
          """
          [{"namespaces": ["payments", "pay-*"], "names": ["{namespace}-*", "shared.fifo"],
            "adopt": true, "delete": true, "roleArn": "arn:aws:iam::1:role/payments"},
           {"namespaces": ["shop*"], "names": ["{namespace}-*"]}]
          """);

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "payments | name: payments-orders.fifo                        | ",
        "payments | name: shared.fifo, adopt: true                    | ",
        "payments | name: x.fifo, deletionPolicy: Delete              | payments-*, shared.fifo",
        "pay-eu   | name: payments-orders.fifo                        | pay-eu-*, shared.fifo",
        "pay-eu   | name: sharedxfifo                                 | pay-eu-*, shared.fifo",
        "shop     | name: shop-a.fifo                                 | ",
        "shop     | name: shop-a.fifo, adopt: true                    | adopt",
        "shop     | name: shop-a.fifo, deletionPolicy: Delete         | deletionPolicy",
        "shop     | url: 'https://sqs.eu-central-1.amazonaws.com/1/shop-a.fifo' | ",
        "shop     | url: 'https://sqs/1/shop-/other.fifo'             | not other.fifo",
        "default  | name: default-a.fifo                              | no queue",
      })
  void the_first_rule_for_a_namespace_decides(String namespace, String queue, String refused) {
    assertThat(RULES.against(namespace, spec(queue)).map(f -> f.reason() + " " + f.message()))
        .satisfies(
            f -> {
              if (refused == null) {
                assertThat(f).isEmpty();
              } else {
                assertThat(f.orElse("")).startsWith("QueueNotAllowed").contains(refused);
              }
            });
  }

  @Test
  void a_role_is_of_its_namespaces_and_does_not_go_before_keys_of_the_spec() {
    assertThat(RULES.role("pay-eu")).contains("arn:aws:iam::1:role/payments");
    assertThat(RULES.role("shop")).isEmpty();
    var own = new Access(Optional.empty(), Optional.empty(), Optional.empty());
    assertThat(own.assuming(RULES.role("payments")).role()).isPresent();
    var keys = new Access.Keys("id", new io.outboxpipeline.runtime.Secret("s"), Optional.empty());
    var keyed = new Access(Optional.empty(), Optional.empty(), Optional.of(keys));
    assertThat(keyed.assuming(RULES.role("payments")).role()).isEmpty();
  }

  @Test
  void without_rules_all_is_allowed_and_what_is_no_rule_is_refused() {
    assertThat(
            QueueRules.NONE.against(
                "any", spec("name: a.fifo, adopt: true, deletionPolicy: Delete")))
        .isEmpty();
    assertThat(QueueRules.parse(" ")).isEqualTo(QueueRules.NONE);
    assertThatThrownBy(() -> QueueRules.parse("[{\"namespaces\": [\"a\"]}]"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("names");
    assertThatThrownBy(
            () -> QueueRules.parse("[{\"namespaces\": [], \"names\": [], \"deletes\": true}]"))
        .hasMessageContaining("deletes");
  }

  @Test
  void an_owner_is_known_by_its_tag_and_by_its_former_one_only_where_that_is_said() {
    assertThat(new Owner("uid/shop/orders").has("shop/orders")).isFalse();
    assertThat(new Owner("uid/shop/orders", Optional.of("shop/orders")).has("shop/orders"))
        .isTrue();
    assertThat(new Owner("uid/shop/orders").has("other/shop/orders")).isFalse();
  }

  private static QueueSpec spec(String fields) {
    return Serialization.unmarshal(fields.strip().replace(", ", "\n"), QueueSpec.class);
  }
}
