package io.outboxpipeline.operator.queue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;

/** The statement of a queue's policy that refuses whatever comes without TLS. */
final class TlsOnly {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String SID = "OutboxPipelineTlsOnly";

  private TlsOnly() {}

  /**
   * A policy with the statement, and with all that the queue's had before.
   *
   * @param policy the queue's; empty if it has none
   * @return empty if it has the statement already
   * @throws IllegalStateException if the queue's policy is no policy
   */
  static Optional<String> added(String policy, String queueArn) {
    ObjectNode all = read(policy);
    JsonNode there = all.path("Statement");
    ArrayNode statements = JSON.createArrayNode();
    if (there.isArray()) {
      statements.addAll((ArrayNode) there);
    } else if (there.isObject()) {
      statements.add(there);
    }
    for (JsonNode statement : statements) {
      if (statement.path("Sid").asText().equals(SID)) {
        return Optional.empty();
      }
    }
    ObjectNode statement = statements.addObject();
    statement.put("Sid", SID).put("Effect", "Deny").put("Principal", "*").put("Action", "sqs:*");
    statement.put("Resource", queueArn);
    statement.putObject("Condition").putObject("Bool").put("aws:SecureTransport", "false");
    all.set("Statement", statements);
    return Optional.of(all.toString());
  }

  private static ObjectNode read(String policy) {
    if (policy.isBlank()) {
      return JSON.createObjectNode().put("Version", "2012-10-17");
    }
    try {
      return (ObjectNode) JSON.readTree(policy);
    } catch (JsonProcessingException | ClassCastException e) {
      throw new IllegalStateException("the queue's policy can't be read", e);
    }
  }
}
