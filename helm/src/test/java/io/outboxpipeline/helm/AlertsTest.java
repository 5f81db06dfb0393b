package io.outboxpipeline.helm;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.outboxpipeline.testkit.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Prometheus takes the alerts, and they fire when they should. */
final class AlertsTest {
  private static final Path TESTS = Path.of("src", "test", "promtool", "alerts_test.yaml");

  @Test
  void prometheus_takes_them() {
    Program.PROMTOOL
        .run("check", "rules", "--lint=all", "--lint-fatal", Alerts.FILE.toString())
        .orFail();
  }

  @Test
  void prometheus_takes_them_as_the_chart_renders_them() throws IOException {
    JsonNode rule =
        Chart.object(
            Chart.objects("--set", "prometheusRule.enabled=true"),
            "PrometheusRule",
            "outboxpipeline-operator");
    Path file = Files.createTempFile("rules", ".yaml");
    Files.writeString(file, Chart.yaml(rule.path("spec")));
    Program.PROMTOOL.run("check", "rules", "--lint=all", "--lint-fatal", file.toString()).orFail();
    Files.delete(file);
    assertThat(rule.path("spec")).isEqualTo(Chart.parse(Chart.read(Alerts.FILE)).getFirst());
  }

  @Test
  void they_fire_when_they_should_and_only_then() {
    Program.PROMTOOL.run("test", "rules", TESTS.toString()).orFail();
  }

  @Test
  void each_is_tested_both_ways() {
    List<JsonNode> tests =
        Chart.parse(Chart.read(TESTS)).getFirst().findValues("promql_expr_test").stream()
            .flatMap(JsonNode::valueStream)
            .toList();
    assertThat(tested(tests, true)).containsExactlyInAnyOrderElementsOf(Alerts.names());
    assertThat(tested(tests, false)).containsExactlyInAnyOrderElementsOf(Alerts.names());
  }

  @Test
  void each_leads_to_a_section_that_says_what_to_type_and_when_to_stop() {
    String page = Chart.read(Path.of("..", "docs", "operations", "alerts.md"));
    var urls = Chart.parse(Chart.read(Alerts.FILE)).getFirst().findValues("runbook_url");
    assertThat(urls).hasSameSizeAs(Alerts.names());
    for (String alert : Alerts.names()) {
      assertThat(urls)
          .extracting(JsonNode::asText)
          .contains(
              "https://outboxpipeline.io/docs/operations/alerts.md#"
                  + alert.toLowerCase(java.util.Locale.ROOT));
      String section = page.replaceFirst("(?s).*?\n## " + alert + "\n", "");
      assertThat(section).as("no section of %s", alert).isNotEqualTo(page);
      assertThat(section.replaceFirst("(?s)\n#.*", ""))
          .as(alert)
          .contains("    kubectl ", "Stop when");
    }
  }

  private static Set<String> tested(List<JsonNode> tests, boolean fires) {
    return tests.stream()
        .filter(t -> t.path("exp_samples").isEmpty() != fires)
        .map(t -> t.path("expr").asText().replaceFirst(".*alertname=\"(\\w+)\".*", "$1"))
        .collect(Collectors.toSet());
  }

  @Test
  void what_a_query_names_is_found() {
    assertThat(
            Alerts.metrics(
                "sum by (namespace) (rate(a_total{x=\"y\"}[5m])) > 0.1 * max(b) unless on (z) c"))
        .containsExactly("a_total", "b", "c");
  }
}
