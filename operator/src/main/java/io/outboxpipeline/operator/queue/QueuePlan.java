package io.outboxpipeline.operator.queue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.outboxpipeline.operator.api.DeadLetterSpec;
import io.outboxpipeline.operator.api.Durations;
import io.outboxpipeline.operator.api.EncryptionSpec;
import io.outboxpipeline.operator.api.OutboxPipeline;
import io.outboxpipeline.operator.api.QueueSpec;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/**
 * How the two queues of a spec ought to be: a pure mapping.
 *
 * @param name of the queue
 * @param owner whose it is
 */
record QueuePlan(QueueSpec spec, String name, Owner owner) {
  /** The tag that tells whose queue it is. */
  static final String OWNER = OutboxPipeline.GROUP + "/owner";

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String FIFO = ".fifo";

  /** orders-dlq.fifo of orders.fifo. */
  String deadLetterName() {
    return name.endsWith(FIFO)
        ? name.substring(0, name.length() - FIFO.length()) + "-dlq" + FIFO
        : name + "-dlq";
  }

  /** Attributes that are kept as they are here; others are nobody's business. */
  Map<QueueAttributeName, String> attributes(String deadLetterArn) {
    var of = encryption();
    of.put(QueueAttributeName.VISIBILITY_TIMEOUT, seconds(spec.visibilityTimeout()));
    of.put(QueueAttributeName.MESSAGE_RETENTION_PERIOD, seconds(spec.messageRetention()));
    of.put(
        QueueAttributeName.REDRIVE_POLICY,
        String.format(
            Locale.ROOT,
            "{\"deadLetterTargetArn\":\"%s\",\"maxReceiveCount\":%d}",
            deadLetterArn,
            spec.deadLetter().maxReceiveCount()));
    Integer bytes = spec.maximumMessageSize();
    if (bytes != null) {
      of.put(QueueAttributeName.MAXIMUM_MESSAGE_SIZE, bytes.toString());
    }
    return of;
  }

  /** The same for the dead-letter queue. */
  Map<QueueAttributeName, String> deadLetterAttributes() {
    DeadLetterSpec deadLetter = spec.deadLetter();
    var of = encryption();
    of.put(QueueAttributeName.MESSAGE_RETENTION_PERIOD, seconds(deadLetter.messageRetention()));
    return of;
  }

  /**
   * That the dead-letter queue takes messages of one queue alone.
   *
   * @param queueArn of the pipeline's queue
   */
  String allowance(String queueArn) {
    return "{\"redrivePermission\":\"byQueue\",\"sourceQueueArns\":[\"%s\"]}".formatted(queueArn);
  }

  /** Whether two texts are the same JSON. */
  static boolean isSameJson(String a, String b) {
    try {
      return JSON.readTree(a).equals(JSON.readTree(b));
    } catch (JsonProcessingException e) {
      return false;
    }
  }

  /**
   * What a new queue has beside them. Order is an aggregate's, so each may have the throughput of
   * its own; an existing queue keeps what its owner chose.
   */
  static Map<QueueAttributeName, String> atCreation(String name) {
    var of = new EnumMap<QueueAttributeName, String>(QueueAttributeName.class);
    of.put(QueueAttributeName.RECEIVE_MESSAGE_WAIT_TIME_SECONDS, "20");
    if (name.endsWith(FIFO)) {
      of.put(QueueAttributeName.FIFO_QUEUE, "true");
      of.put(QueueAttributeName.DEDUPLICATION_SCOPE, "messageGroup");
      of.put(QueueAttributeName.FIFO_THROUGHPUT_LIMIT, "perMessageGroupId");
    }
    return of;
  }

  Map<String, String> tags() {
    var tags = new TreeMap<>(spec.tags());
    tags.put(OWNER, owner.tag());
    return tags;
  }

  private Map<QueueAttributeName, String> encryption() {
    var of = new EnumMap<QueueAttributeName, String>(QueueAttributeName.class);
    EncryptionSpec encryption = spec.encryption();
    switch (encryption.type()) {
      case SQS -> of.put(QueueAttributeName.SQS_MANAGED_SSE_ENABLED, "true");
      case None -> of.put(QueueAttributeName.SQS_MANAGED_SSE_ENABLED, "false");
      case KMS ->
          of.put(QueueAttributeName.KMS_MASTER_KEY_ID, String.valueOf(encryption.kmsKeyId()));
    }
    String reuse = encryption.dataKeyReusePeriod();
    if (reuse != null) {
      of.put(QueueAttributeName.KMS_DATA_KEY_REUSE_PERIOD_SECONDS, seconds(reuse));
    }
    return of;
  }

  private static String seconds(String duration) {
    return Long.toString(Durations.parse(duration).toSeconds());
  }
}
