package io.outboxpipeline.helm;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.outboxpipeline.operator.OperatorSettings;
import io.outboxpipeline.operator.model.Images;
import io.outboxpipeline.operator.queue.QueueRules;
import io.outboxpipeline.runtime.Settings;
import io.outboxpipeline.testkit.Program;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What the chart is made of, and what it makes of values. */
final class ChartTest {

  static List<String> cases() {
    return Chart.cases();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void helm_has_nothing_to_say(String values) {
    assertThat(
            Program.HELM.run(
                "lint", "--strict", Chart.FOLDER.toString(), "-f", Chart.values(values).toString()))
        .satisfies(r -> assertThat(r.exit()).as(r.output() + r.errors()).isZero());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void each_set_of_values_renders_as_it_did(String values) {
    String rendered = withoutCrd(Chart.render("-f", Chart.values(values).toString()));
    Path golden = Path.of("src", "test", "golden", values + ".yaml");
    Chart.update(golden, rendered);
    assertThat(rendered).as("%s; %s", golden, Chart.UPDATE).isEqualTo(Chart.read(golden));
  }

  /** The CRD is a file of its own, and the alerts and the dashboard are. */
  private static String withoutCrd(String manifests) {
    return java.util.Arrays.stream(manifests.split("(?m)^---\n"))
        .map(
            m ->
                m.startsWith("# Source: outboxpipeline/templates/crd.yaml")
                    ? m.replaceFirst("(?s)\nspec:.*", "\nspec: as in crds/\n")
                    : m)
        .map(m -> m.replaceFirst("(?s)\n  outboxpipeline.json: .*", "\n  outboxpipeline.json: …\n"))
        .collect(Collectors.joining("---\n"));
  }

  @Test
  void the_crd_is_that_of_crds() {
    String crd = Chart.read(Chart.CRD);
    Path copy = Chart.FOLDER.resolve("files").resolve("crd.yaml");
    Chart.update(copy, crd);
    assertThat(Chart.read(copy)).as("%s; %s", copy, Chart.UPDATE).isEqualTo(crd);

    JsonNode rendered = crd(Chart.objects());
    JsonNode source = Chart.parse(crd).getFirst();
    assertThat(rendered.path("spec").equals(ChartTest::compare, source.path("spec"))).isTrue();
    assertThat(rendered.path("metadata").path("name"))
        .isEqualTo(source.path("metadata").path("name"));
  }

  /** Numbers by their value, for helm writes 1.0 as 1. */
  private static int compare(JsonNode a, JsonNode b) {
    if (a.isNumber() && b.isNumber()) {
      return Double.compare(a.doubleValue(), b.doubleValue());
    }
    return a.equals(b) ? 0 : 1;
  }

  @Test
  void the_crd_stays_when_the_release_goes_unless_told_otherwise() {
    assertThat(policy(Chart.objects())).isEqualTo("keep");
    assertThat(policy(Chart.objects("--set", "crds.keep=false"))).isEmpty();
    assertThat(Chart.objects("--set", "crds.enabled=false"))
        .noneMatch(o -> o.path("kind").asText().equals("CustomResourceDefinition"));
  }

  private static String policy(List<JsonNode> objects) {
    return crd(objects)
        .path("metadata")
        .path("annotations")
        .path("helm.sh/resource-policy")
        .asText();
  }

  private static JsonNode crd(List<JsonNode> objects) {
    return Chart.object(objects, "CustomResourceDefinition", "outboxpipelines.outboxpipeline.io");
  }

  @Test
  void chart_and_images_have_the_version_of_the_project() {
    JsonNode chart = Chart.parse(Chart.read("Chart.yaml")).getFirst();
    String version = System.getProperty("project.version");
    assertThat(chart.path("version").asText()).isEqualTo(version);
    assertThat(chart.path("appVersion").asText()).isEqualTo(version);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "-                        | -                | 2.0 | -          | outboxpipeline/relay:2.0",
        "-                        | -                | -   | sha256:{d} | outboxpipeline/relay@sha256:{d}",
        "-                        | -                | 2.0 | sha256:{d} | outboxpipeline/relay@sha256:{d}",
        "example.com:5000         | -                | 2.0 | -          | example.com:5000/outboxpipeline/relay:2.0",
        "example.com              | other.example.com| 2.0 | -          | other.example.com/outboxpipeline/relay:2.0",
        "-                        | other.example.com| 2.0 | sha256:{d} | other.example.com/outboxpipeline/relay@sha256:{d}",
      })
  void a_digest_goes_before_the_tag_and_an_own_registry_before_the_common_one(
      String common, String own, String tag, String digest, String expected) {
    String hex = "5".repeat(64);
    var flags = new java.util.ArrayList<String>();
    var values = new HashMap<String, String>();
    values.put("image.registry", common);
    values.put("components.relay.registry", own);
    values.put("components.relay.tag", tag);
    values.put("components.relay.digest", digest);
    values.forEach(
        (key, value) -> {
          if (value != null) {
            flags.add("--set-string");
            flags.add(key + "=" + value.replace("{d}", hex));
          }
        });
    assertThat(environment(Chart.objects(flags.toArray(new String[0]))))
        .containsEntry("OPERATOR_IMAGE_RELAY", expected.replace("{d}", hex));
  }

  @Test
  void the_operator_reads_its_settings_as_they_were_meant() {
    var environment =
        environment(
            Chart.objects(
                "-f",
                Chart.values("available").toString(),
                "-f",
                Chart.values("namespaces").toString()));
    environment.put("POD_NAME", "operator-1");
    environment.put("POD_NAMESPACE", Chart.NAMESPACE);
    OperatorSettings settings = OperatorSettings.read(Settings.of(environment));
    String version = System.getProperty("project.version");
    assertThat(settings.namespaces()).containsExactly("billing", "shop");
    assertThat(settings.images())
        .isEqualTo(
            new Images(
                "outboxpipeline/base:" + version,
                "outboxpipeline/relay:" + version,
                "outboxpipeline/consumer:" + version,
                "outboxpipeline/console:" + version));
    assertThat(settings.election())
        .isEqualTo(
            Optional.of(
                new OperatorSettings.Election(
                    Chart.NAMESPACE, "outboxpipeline-operator", "operator-1")));
    assertThat(settings.cluster()).isEqualTo("west");
    assertThat(settings.queueRules().rules())
        .containsExactly(
            new QueueRules.Rule(
                List.of("shop"),
                List.of("{namespace}-*", "orders.fifo"),
                false,
                true,
                "arn:aws:iam::123456789012:role/shop-queues"),
            new QueueRules.Rule(List.of("*"), List.of("{namespace}-*"), false, false, null));
    assertThat(settings.resync()).hasSeconds(90);
    assertThat(settings.sqsTimeout()).hasMillis(500);
    assertThat(settings.server().port()).isEqualTo(8080);
  }

  /** The variables with a value. */
  private static Map<String, String> environment(List<JsonNode> objects) {
    var variables = new HashMap<String, String>();
    container(objects)
        .path("env")
        .forEach(
            v -> {
              if (v.has("value")) {
                variables.put(v.path("name").asText(), v.path("value").asText());
              }
            });
    return variables;
  }

  private static JsonNode container(List<JsonNode> objects) {
    return Chart.object(objects, "Deployment", "outboxpipeline-operator")
        .at("/spec/template/spec/containers/0");
  }

  @Test
  void the_account_has_the_name_that_cloudformation_gives_rights_to() {
    Chart.object(Chart.objects(), "ServiceAccount", "outboxpipeline-operator");
    String template = Chart.read(Path.of("..", "cloudformation", "eks.yaml"));
    assertThat(template)
        .contains("ServiceAccount: outboxpipeline-operator")
        .contains("helm install %s helm/%s ".formatted(Chart.RELEASE, Chart.FOLDER.getFileName()));
  }

  @Test
  void every_value_is_documented_and_the_readme_is_what_the_values_say() {
    String values = Chart.read("values.yaml");
    assertThat(ValuesTable.undocumented(values)).isEmpty();
    Path readme = Chart.FOLDER.resolve("README.md");
    String made = ValuesTable.into(Chart.read(readme), values);
    Chart.update(readme, made);
    assertThat(Chart.read(readme)).as("%s; %s", readme, Chart.UPDATE).isEqualTo(made);
  }

  @Test
  void a_release_of_another_name_keeps_out_of_the_way_of_the_first() {
    Set<String> first = names(Chart.objects("--set", "crds.enabled=false"));
    Set<String> second =
        names(
            Chart.parse(
                Program.HELM
                    .run(
                        "template",
                        "second",
                        Chart.FOLDER.toString(),
                        "--namespace",
                        Chart.NAMESPACE,
                        "--set",
                        "crds.enabled=false")
                    .orFail()));
    assertThat(first).hasSameSizeAs(second).doesNotContainAnyElementsOf(second);
  }

  private static Set<String> names(List<JsonNode> objects) {
    return objects.stream()
        .map(o -> o.path("kind").asText() + "/" + o.path("metadata").path("name").asText())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @Test
  void the_notes_say_what_to_do_next_and_name_a_pipeline_that_the_crd_takes() {
    String notes =
        Program.HELM
            .run(
                "install",
                Chart.RELEASE,
                Chart.FOLDER.toString(),
                "--namespace",
                Chart.NAMESPACE,
                "--dry-run=client",
                "--set",
                "watchNamespaces={shop}",
                "--set",
                "crds.keep=false")
            .orFail();
    notes = notes.substring(notes.indexOf("NOTES:"));
    assertThat(notes)
        .contains(
            "kubectl -n outboxpipeline-system rollout status deployment/outboxpipeline-operator")
        .contains("kubectl -n shop wait --for=condition=Ready obp/orders")
        .contains("Delete the pipelines first");
    String document =
        notes.substring(notes.indexOf("<<EOF\n") + 6, notes.indexOf("\n   EOF")).stripIndent();
    JsonNode sample =
        Chart.parse(Chart.read(Path.of("..", "crds", "samples", "smallest.yaml"))).getFirst();
    assertThat(Chart.parse(document).getFirst()).isEqualTo(sample);
  }

  @Test
  void a_value_that_the_schema_knows_has_a_default_and_the_other_way_round() {
    JsonNode schema = Chart.parse(Chart.read("values.schema.json")).getFirst();
    JsonNode values = Chart.parse(Chart.read("values.yaml")).getFirst();
    ((ObjectNode) schema.path("properties")).remove("global");
    assertThat(fields(values)).isEqualTo(fields(schema.path("properties")));
    values
        .properties()
        .forEach(
            v -> {
              JsonNode inner = schema.path("properties").path(v.getKey()).path("properties");
              if (v.getValue().isObject() && inner.isObject() && !isKubernetes(v.getKey())) {
                assertThat(fields(v.getValue())).as(v.getKey()).isEqualTo(fields(inner));
              }
            });
  }

  /** Values that are handed on whole, of which the defaults name a part. */
  private static boolean isKubernetes(String key) {
    return Set.of("podSecurityContext", "securityContext", "affinity").contains(key);
  }

  private static Set<String> fields(JsonNode object) {
    var names = new TreeSet<String>();
    object.fieldNames().forEachRemaining(names::add);
    return names;
  }
}
