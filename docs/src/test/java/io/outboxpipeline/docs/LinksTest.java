package io.outboxpipeline.docs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every link, every runbook and every test that a document names is there. */
final class LinksTest {
  private static final Path ALERTS = Document.ROOT.resolve("helm/outboxpipeline/files/alerts.yaml");

  private static Document here(String text) {
    return new Document("docs/example.md", text);
  }

  @Test
  void every_link_within_the_repository_leads_to_a_file_and_a_heading() {
    Map<String, List<String>> broken = new TreeMap<>();
    Document.all().forEach(d -> broken.put(d.path(), Links.broken(d)));
    broken.values().removeIf(List::isEmpty);
    assertThat(broken).isEmpty();
  }

  @Test
  void links_that_lead_nowhere_are_found() {
    assertThat(Links.broken(here("[a](design.md), [b](../README.md#run-it), [c](#d)\n# D\n")))
        .isEmpty();
    assertThat(Links.broken(here("[a](nowhere.md)"))).containsExactly("nowhere.md: no such file");
    assertThat(Links.broken(here("[a](design.md#nowhere)")))
        .containsExactly("design.md#nowhere: no such heading");
    assertThat(Links.broken(here("[a](../../x)")))
        .containsExactly("../../x: outside of the repository");
    assertThat(Links.broken(here("[a](pom.xml#x)"))).hasSize(1);
    assertThat(Links.broken(here("```\n[a](nowhere.md)\n```\n`[a](nowhere.md)`"))).isEmpty();
  }

  @Test
  void headings_have_the_anchors_that_github_gives_them() {
    assertThat(
            here("# A, b & `c`\n## Same\n## Same\n## [Link](x.md)\n<a id=\"spec\"></a>").anchors())
        .containsExactlyInAnyOrder("a-b--c", "same", "same-1", "link", "spec");
  }

  @Test
  void every_runbook_of_an_alert_is_a_heading_of_this_version() throws IOException {
    var rules = new YAMLMapper().readTree(ALERTS.toFile()).findValues("rules");
    assertThat(rules).isNotEmpty();
    Map<String, String> lost = new TreeMap<>();
    for (JsonNode rule :
        (Iterable<JsonNode>) rules.stream().flatMap(JsonNode::valueStream)::iterator) {
      String address = rule.at("/annotations/runbook_url").asText();
      if (!address.isEmpty()) {
        Links.runbook(address).ifPresent(why -> lost.put(rule.path("alert").asText(), why));
      }
    }
    assertThat(lost).isEmpty();
  }

  @Test
  void a_runbook_that_is_not_there_is_found() {
    assertThat(Links.runbook("https://example.com/x/blob/v1/docs/design.md#ownership")).isEmpty();
    assertThat(Links.runbook("https://example.com/x/blob/v1/docs/design.md#nowhere"))
        .contains("no such heading");
    assertThat(Links.runbook("https://example.com/x/docs/design.md")).contains("names no heading");
    assertThat(Links.runbook("https://example.com/docs/nowhere.md#a")).contains("no such file");
  }

  @Test
  void every_test_that_a_document_names_exists() {
    var names =
        Document.files(".java").stream()
            .map(f -> String.valueOf(f.getFileName()).replace(".java", ""))
            .collect(Collectors.toSet());
    var lost =
        Document.all().stream()
            .flatMap(d -> d.code().stream().flatMap(LinksTest::tests).map(t -> d.path() + ": " + t))
            .filter(s -> !names.contains(s.substring(s.indexOf(' ') + 1)))
            .toList();
    assertThat(lost).isEmpty();
  }

  private static Stream<String> tests(String code) {
    return Stream.of(code.replace("`", "").split("[^\\w]+"))
        .filter(w -> w.matches("[A-Z]\\w*[a-z]\\w*(Test|IT)"));
  }
}
