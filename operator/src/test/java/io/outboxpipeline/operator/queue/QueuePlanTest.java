package io.outboxpipeline.operator.queue;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.utils.Serialization;
import io.outboxpipeline.operator.api.QueueSpec;
import java.util.Map;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

final class QueuePlanTest {

  @Test
  void attributes_are_in_seconds_and_name_the_dead_letter_queue() {
    QueuePlan plan =
        plan(
            "name: orders.fifo, messageRetention: 48h, visibilityTimeout: 2m, deadLetter:"
                + " {messageRetention: 60s, maxReceiveCount: 3}");
    assertThat(plan.deadLetterName()).isEqualTo("orders-dlq.fifo");
    assertThat(plan.attributes("arn:dlq"))
        .isEqualTo(
            Map.of(
                QueueAttributeName.MESSAGE_RETENTION_PERIOD,
                "172800",
                QueueAttributeName.VISIBILITY_TIMEOUT,
                "120",
                QueueAttributeName.SQS_MANAGED_SSE_ENABLED,
                "true",
                QueueAttributeName.REDRIVE_POLICY,
                "{\"deadLetterTargetArn\":\"arn:dlq\",\"maxReceiveCount\":3}"));
    assertThat(plan.deadLetterAttributes())
        .containsEntry(QueueAttributeName.MESSAGE_RETENTION_PERIOD, "60");
  }

  @Test
  void a_new_fifo_queue_lets_each_aggregate_have_its_own_throughput() {
    assertThat(QueuePlan.atCreation("orders.fifo"))
        .isEqualTo(
            Map.of(
                QueueAttributeName.FIFO_QUEUE,
                "true",
                QueueAttributeName.DEDUPLICATION_SCOPE,
                "messageGroup",
                QueueAttributeName.FIFO_THROUGHPUT_LIMIT,
                "perMessageGroupId",
                QueueAttributeName.RECEIVE_MESSAGE_WAIT_TIME_SECONDS,
                "20"));
    assertThat(QueuePlan.atCreation("orders"))
        .isEqualTo(Map.of(QueueAttributeName.RECEIVE_MESSAGE_WAIT_TIME_SECONDS, "20"));
  }

  @Test
  void a_kms_key_takes_the_place_of_the_key_of_sqs_on_both_queues() {
    QueuePlan plan = plan("name: orders.fifo, encryption: {type: KMS, kmsKeyId: alias/x}");
    for (var attributes : new Map<?, ?>[] {plan.attributes("a"), plan.deadLetterAttributes()}) {
      assertThat(attributes.get(QueueAttributeName.KMS_MASTER_KEY_ID)).isEqualTo("alias/x");
      assertThat(attributes.get(QueueAttributeName.SQS_MANAGED_SSE_ENABLED)).isNull();
    }
  }

  @Test
  void a_key_s_reuse_and_a_message_s_size_are_set_where_the_spec_says_them() {
    QueuePlan plan =
        plan(
            "name: orders.fifo, maximumMessageSize: 2048, encryption: {type: KMS, kmsKeyId: k,"
                + " dataKeyReusePeriod: 1h}");
    assertThat(plan.attributes("a"))
        .containsEntry(QueueAttributeName.MAXIMUM_MESSAGE_SIZE, "2048")
        .containsEntry(QueueAttributeName.KMS_DATA_KEY_REUSE_PERIOD_SECONDS, "3600");
    assertThat(plan.deadLetterAttributes())
        .as("a dead letter is as large as it was")
        .doesNotContainKey(QueueAttributeName.MAXIMUM_MESSAGE_SIZE);
  }

  @Test
  void a_statement_about_tls_is_added_once_and_others_stay() throws Exception {
    String alone = TlsOnly.added("", "arn:q").orElseThrow();
    assertThat(alone).contains("\"aws:SecureTransport\":\"false\"", "\"Resource\":\"arn:q\"");
    assertThat(TlsOnly.added(alone, "arn:q")).isEmpty();
    String more =
        TlsOnly.added("{\"Version\":\"2008-10-17\",\"Statement\":{\"Sid\":\"theirs\"}}", "arn:q")
            .orElseThrow();
    assertThat(more).contains("2008-10-17", "theirs", "OutboxPipelineTlsOnly");
    assertThat(QueuePlan.isSameJson("{\"a\":1,\"b\":2}", "{ \"b\":2, \"a\":1}")).isTrue();
  }

  @Test
  void the_owners_tag_goes_before_those_of_the_spec() {
    assertThat(plan("name: orders, type: Standard, tags: {team: a}").tags())
        .isEqualTo(Map.of("team", "a", "outboxpipeline.io/owner", "shop/orders"));
  }

  private static QueuePlan plan(String yaml) {
    QueueSpec spec = Serialization.unmarshal("--- {" + yaml + "}", QueueSpec.class);
    return new QueuePlan(spec, String.valueOf(spec.name()), new Owner("shop/orders"));
  }
}
