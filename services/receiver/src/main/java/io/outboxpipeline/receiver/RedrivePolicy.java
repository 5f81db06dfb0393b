package io.outboxpipeline.receiver;

import static java.lang.System.Logger.Level.WARNING;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.sqs.SqsClient;

/** Where a queue's redrive policy sends dead letters. */
final class RedrivePolicy {
  private static final System.Logger LOG = System.getLogger(RedrivePolicy.class.getName());
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern ARN =
      Pattern.compile("arn:[^:]+:sqs:[^:]*:(?<account>[^:]*):(?<name>[^:]+)");

  private RedrivePolicy() {}

  /**
   * A queue, perhaps of another account.
   *
   * @param account empty if the queue's is not known
   */
  record Target(String account, String name) {

    /**
     * Its URL.
     *
     * @throws software.amazon.awssdk.core.exception.SdkException if SQS does not know it, does not
     *     tell it, or is away
     */
    String url(SqsClient client) {
      return client
          .getQueueUrl(
              r -> {
                r.queueName(name);
                if (!account.isEmpty()) {
                  r.queueOwnerAWSAccountId(account);
                }
              })
          .queueUrl();
    }
  }

  /** After how many receives a message is dead-lettered; empty without such a policy. */
  static OptionalInt maxReceives(@Nullable String policy) {
    if (policy == null || policy.isEmpty()) {
      return OptionalInt.empty();
    }
    try {
      // SQS gives it back as it was set: as a number or as text.
      int count = JSON.readTree(policy).path("maxReceiveCount").asInt();
      return count > 0 ? OptionalInt.of(count) : OptionalInt.empty();
    } catch (JsonProcessingException e) {
      return OptionalInt.empty();
    }
  }

  /** The queue in {@code {"deadLetterTargetArn": "arn:aws:sqs:region:account:name", …}}. */
  static Optional<Target> target(@Nullable String policy) {
    if (policy == null || policy.isEmpty()) {
      return Optional.empty();
    }
    try {
      JsonNode arn = JSON.readTree(policy).path("deadLetterTargetArn");
      Matcher parts = ARN.matcher(arn.asText());
      if (parts.matches()) {
        return Optional.of(new Target(parts.group("account"), parts.group("name")));
      }
      LOG.log(WARNING, "the queue''s redrive policy names no queue: {0}", policy);
    } catch (JsonProcessingException e) {
      LOG.log(WARNING, "the queue''s redrive policy is not JSON: {0}", policy);
    }
    return Optional.empty();
  }
}
