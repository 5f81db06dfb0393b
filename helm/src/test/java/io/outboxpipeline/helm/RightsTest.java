package io.outboxpipeline.helm;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The roles that are rendered hold these rights and no others. */
final class RightsTest {
  private static final Set<String> WHERE_PIPELINES_ARE =
      Set.of(
          "outboxpipeline.io/outboxpipelines get list watch patch",
          "outboxpipeline.io/outboxpipelines/status patch",
          "/configmaps get list watch create patch delete",
          "/services get list watch create patch delete",
          "/serviceaccounts get list watch create patch delete",
          "apps/deployments get list watch create patch delete",
          "networking.k8s.io/networkpolicies get list watch create patch delete",
          "policy/poddisruptionbudgets get list watch create patch delete",
          "rbac.authorization.k8s.io/roles get list watch create patch delete",
          "rbac.authorization.k8s.io/rolebindings get list watch create patch delete",
          "/pods list",
          "/secrets list watch",
          "/events get create patch",
          "coordination.k8s.io/leases get list create patch delete deletecollection");

  private static final Set<String> OUTLASTING_A_NAMESPACE =
      Set.of(
          "/namespaces get",
          "discovery.k8s.io/endpointslices[kubernetes] get",
          "outboxpipeline.io/outboxpipelines get list watch patch",
          "outboxpipeline.io/outboxpipelines/status patch");

  private static final Set<String> ELECTION =
      Set.of(
          "coordination.k8s.io/leases create",
          "coordination.k8s.io/leases[outboxpipeline-operator] get update patch");

  @Test
  void for_all_namespaces_they_are_one_cluster_role() {
    List<JsonNode> objects = Chart.objects("--set", "rbac.aggregate=false");
    assertThat(rights(objects))
        .containsExactlyInAnyOrder(
            "ClusterRole/ " + new TreeSet<>(WHERE_PIPELINES_ARE),
            "ClusterRole/ " + new TreeSet<>(OUTLASTING_A_NAMESPACE),
            "Role/outboxpipeline-system " + new TreeSet<>(ELECTION));
    assertThat(bindings(objects))
        .containsExactlyInAnyOrder(
            "ClusterRoleBinding/ ClusterRole/outboxpipeline-system-outboxpipeline-operator",
            "ClusterRoleBinding/ ClusterRole/outboxpipeline-system-outboxpipeline-operator-cluster",
            "RoleBinding/outboxpipeline-system Role/outboxpipeline-operator-election");
  }

  @Test
  void for_some_namespaces_they_are_roles_there_and_in_the_whole_cluster_only_what_outlasts_one() {
    List<JsonNode> objects =
        Chart.objects("--set", "watchNamespaces={shop,billing}", "--set", "rbac.aggregate=false");
    assertThat(rights(objects))
        .containsExactlyInAnyOrder(
            "Role/shop " + new TreeSet<>(WHERE_PIPELINES_ARE),
            "Role/billing " + new TreeSet<>(WHERE_PIPELINES_ARE),
            "ClusterRole/ " + new TreeSet<>(OUTLASTING_A_NAMESPACE),
            "Role/outboxpipeline-system " + new TreeSet<>(ELECTION));
    assertThat(bindings(objects))
        .containsExactlyInAnyOrder(
            "RoleBinding/shop Role/outboxpipeline-operator",
            "RoleBinding/billing Role/outboxpipeline-operator",
            "ClusterRoleBinding/ ClusterRole/outboxpipeline-system-outboxpipeline-operator-cluster",
            "RoleBinding/outboxpipeline-system Role/outboxpipeline-operator-election");
    assertThat(objects)
        .filteredOn(o -> !o.path("metadata").has("namespace"))
        .extracting(o -> o.path("kind").asText())
        .containsExactlyInAnyOrder("CustomResourceDefinition", "ClusterRole", "ClusterRoleBinding");
  }

  @Test
  void people_who_may_view_or_edit_a_namespace_may_do_so_with_its_pipelines() {
    List<JsonNode> objects = Chart.objects("--set", "rbac.create=false");
    assertThat(rights(objects))
        .containsExactlyInAnyOrder(
            "ClusterRole/ [outboxpipeline.io/outboxpipelines get list watch, "
                + "outboxpipeline.io/outboxpipelines/scale get list watch, "
                + "outboxpipeline.io/outboxpipelines/status get list watch]",
            "ClusterRole/ [outboxpipeline.io/outboxpipelines create delete deletecollection patch update, "
                + "outboxpipeline.io/outboxpipelines/scale create delete deletecollection patch update]");
    assertThat(bindings(objects)).isEmpty();
  }

  @Test
  void a_console_may_find_pipelines_and_pods_in_the_operators_namespaces_and_read_no_secret() {
    String[] console = {
      "--set", "console.enabled=true,console.secretName=tokens,rbac.aggregate=false",
    };
    Set<String> finding =
        new TreeSet<>(Set.of("outboxpipeline.io/outboxpipelines list", "/pods list"));
    assertThat(consoleRights(Chart.objects(console))).containsExactly("ClusterRole/ " + finding);
    assertThat(
            consoleRights(
                Chart.objects(
                    "--set", console[1], "--set", "watchNamespaces={shop},console.review=true")))
        .containsExactlyInAnyOrder(
            "Role/shop " + finding,
            "ClusterRole/ [authentication.k8s.io/tokenreviews create,"
                + " authorization.k8s.io/subjectaccessreviews create]");
  }

  private static List<String> consoleRights(List<JsonNode> objects) {
    return rights(
        objects.stream()
            .filter(o -> o.path("metadata").path("name").asText().contains("-console"))
            .toList());
  }

  private static List<String> rights(List<JsonNode> objects) {
    return objects.stream()
        .filter(o -> o.path("kind").asText().endsWith("Role"))
        .map(o -> where(o) + " " + rules(o))
        .toList();
  }

  private static List<String> bindings(List<JsonNode> objects) {
    return objects.stream()
        .filter(o -> o.path("kind").asText().endsWith("RoleBinding"))
        .map(
            o -> {
              assertThat(o.path("subjects"))
                  .singleElement()
                  .hasToString(
                      "{\"kind\":\"ServiceAccount\",\"name\":\"outboxpipeline-operator\","
                          + "\"namespace\":\"outboxpipeline-system\"}");
              JsonNode role = o.path("roleRef");
              return where(o) + " " + role.path("kind").asText() + "/" + role.path("name").asText();
            })
        .toList();
  }

  private static String where(JsonNode object) {
    return object.path("kind").asText() + "/" + object.path("metadata").path("namespace").asText();
  }

  private static Set<String> rules(JsonNode role) {
    var rules = new TreeSet<String>();
    for (JsonNode rule : role.path("rules")) {
      for (String group : texts(rule.path("apiGroups"))) {
        for (String resource : texts(rule.path("resources"))) {
          String names =
              rule.has("resourceNames") ? texts(rule.path("resourceNames")).toString() : "";
          rules.add(
              group + "/" + resource + names + " " + String.join(" ", texts(rule.path("verbs"))));
        }
      }
    }
    return rules;
  }

  private static List<String> texts(JsonNode array) {
    return array.valueStream().map(JsonNode::asText).collect(Collectors.toList());
  }
}
