package io.outboxpipeline.cloudformation;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.outboxpipeline.runtime.AwsActions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

/** The policies in the operations guide against the table of actions. */
final class DocumentedPoliciesTest {
  private static final Path GUIDE = Path.of("..", "docs", "operations", "security.md");
  private static final Pattern POLICY = Pattern.compile("(?s)```json\n(.*?)```");

  @Test
  void the_operations_guide_s_policies_are_the_least_rights() throws IOException {
    var documented = new TreeMap<String, Object>();
    for (var policy : POLICY.matcher(Files.readString(GUIDE)).results().toList()) {
      for (JsonNode statement : new ObjectMapper().readTree(policy.group(1)).get("Statement")) {
        assertThat(statement.get("Effect").asText()).isEqualTo("Allow");
        String resource = statement.get("Resource").asText();
        String id = statement.get("Sid").asText();
        assertThat(resource)
            .endsWith(id.endsWith("deadletterqueue") ? ":spending-dlq.fifo" : ":spending.fifo");
        documented.put(
            id,
            StreamSupport.stream(statement.get("Action").spliterator(), false)
                .map(JsonNode::asText)
                .toList());
      }
    }
    Map<String, Object> table = new TreeMap<>();
    for (AwsActions of : AwsActions.all()) {
      if (!of.queue().isEmpty()) {
        table.put(of.component() + "queue", of.queue());
      }
      if (!of.deadLetterQueue().isEmpty()) {
        table.put(of.component() + "deadletterqueue", of.deadLetterQueue());
      }
    }
    assertThat(documented).isEqualTo(table);
  }
}
