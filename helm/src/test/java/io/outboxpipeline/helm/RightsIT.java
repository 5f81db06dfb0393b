package io.outboxpipeline.helm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.outboxpipeline.testkit.Command;
import io.outboxpipeline.testkit.Program;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The rights of the chart are enough for the operator, and not more than it was given. */
@Execution(ExecutionMode.SAME_THREAD)
@ResourceLock(Cluster.CRD)
final class RightsIT {
  private static final String ACCOUNT =
      "system:serviceaccount:rights-operator:outboxpipeline-operator";

  private static Cluster cluster;
  private static RunningOperator operator;

  @BeforeAll
  static void start() {
    cluster = Cluster.get();
    operator = new RunningOperator(cluster, "rights-operator", "rights-shop");
  }

  @AfterAll
  static void stop() {
    if (operator != null) {
      operator.close();
    }
  }

  @Test
  void an_operator_with_these_rights_makes_a_pipeline_changes_it_and_ends_it() {
    operator.pipeline();
    await()
        .untilAsserted(
            () -> {
              assertThat(condition("QueueReady")).isEqualTo("True");
              assertThat(made())
                  .containsExactlyInAnyOrder(
                      "Deployment 3",
                      "Service 3",
                      "ServiceAccount 3",
                      "ConfigMap 3",
                      "NetworkPolicy 3",
                      "PodDisruptionBudget 3",
                      "Role 1",
                      "RoleBinding 1");
              assertThat(refused()).isEmpty();
              assertThat(leases()).isPositive();
              assertThat(events()).contains("QueueCreated");
            });

    cluster.kubectl(
        "patch",
        "obp",
        "orders",
        "--namespace=rights-shop",
        "--type=merge",
        "--patch={\"spec\":{\"base\":null,\"relay\":{\"replicas\":3,\"partitions\":32}}}");
    await()
        .untilAsserted(
            () -> {
              assertThat(made()).contains("Deployment 2", "Service 2");
              assertThat(
                      cluster
                          .get("deployment", "orders-relay", "--namespace=rights-shop")
                          .at("/spec/replicas")
                          .asInt())
                  .isEqualTo(3);
            });

    cluster.kubectl("delete", "obp", "orders", "--namespace=rights-shop", "--wait=false");
    await()
        .untilAsserted(
            () -> {
              assertThat(cluster.exists("obp", "orders", "--namespace=rights-shop")).isFalse();
              assertThat(leases()).isZero();
            });
    assertThat(operator.scrape()).contains("outboxpipeline_operator_leader 1");
  }

  private static List<String> made() {
    JsonNode list =
        cluster.get(
            "deployments,services,serviceaccounts,configmaps,networkpolicies,poddisruptionbudgets,"
                + "roles,rolebindings",
            "--namespace=rights-shop",
            "--selector=app.kubernetes.io/managed-by=outboxpipeline");
    var counts = new java.util.TreeMap<String, Integer>();
    list.path("items").forEach(o -> counts.merge(o.path("kind").asText(), 1, Integer::sum));
    var lines = new ArrayList<String>();
    counts.forEach((kind, count) -> lines.add(kind + " " + count));
    return lines;
  }

  private static String condition(String type) {
    return cluster
        .get("obp", "orders", "--namespace=rights-shop")
        .at("/status/conditions")
        .valueStream()
        .filter(c -> c.path("type").asText().equals(type))
        .map(c -> c.path("status").asText())
        .findFirst()
        .orElse("");
  }

  private static List<String> refused() {
    return cluster
        .get("obp", "orders", "--namespace=rights-shop")
        .at("/status/conditions")
        .valueStream()
        .filter(c -> c.path("reason").asText().equals("ObjectRefused"))
        .map(c -> c.path("message").asText())
        .toList();
  }

  private static int leases() {
    return cluster
        .get("leases", "--namespace=rights-shop", "--selector=outboxpipeline.io/pipeline=orders")
        .path("items")
        .size();
  }

  private static List<String> events() {
    return cluster
        .get("events", "--namespace=rights-shop")
        .path("items")
        .valueStream()
        .map(e -> e.path("reason").asText())
        .toList();
  }

  /** Objects are written resource/name, subresources resource:subresource. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "yes | list   | secrets                         | rights-shop",
        "no  | list   | secrets                         | rights-operator",
        "no  | list   | secrets                         | default",
        "no  | list   | secrets                         | kube-system",
        "no  | get    | secrets                         | rights-shop",
        "no  | create | secrets                         | rights-shop",
        "no  | patch  | secrets                         | rights-shop",
        "yes | patch  | outboxpipelines.outboxpipeline.io | rights-shop",
        "no  | create | outboxpipelines.outboxpipeline.io | rights-shop",
        "no  | delete | outboxpipelines.outboxpipeline.io | rights-shop",
        "yes | list   | outboxpipelines.outboxpipeline.io | default",
        "no  | create | outboxpipelines.outboxpipeline.io | default",
        "yes | get    | namespaces                      | default",
        "no  | list   | namespaces                      | default",
        "no  | patch  | namespaces                      | default",
        "yes | list   | pods                            | rights-shop",
        "no  | list   | pods                            | default",
        "yes | create | deployments.apps                | rights-shop",
        "no  | create | deployments.apps                | default",
        "no  | create | deployments.apps                | rights-operator",
        "no  | create | pods                            | rights-shop",
        "no  | create | pods:exec                       | rights-shop",
        "no  | get    | pods:log                        | rights-shop",
        "no  | create | serviceaccounts:token           | rights-shop",
        "no  | impersonate | serviceaccounts            | rights-shop",
        "yes | create | roles.rbac.authorization.k8s.io | rights-shop",
        "no  | create | roles.rbac.authorization.k8s.io | rights-operator",
        "no  | escalate | roles.rbac.authorization.k8s.io | rights-shop",
        "no  | bind   | roles.rbac.authorization.k8s.io | rights-shop",
        "no  | bind   | clusterroles.rbac.authorization.k8s.io | rights-shop",
        "no  | create | clusterrolebindings.rbac.authorization.k8s.io | default",
        "yes | create | leases.coordination.k8s.io      | rights-operator",
        "no  | list   | leases.coordination.k8s.io      | rights-operator",
        "no  | update | leases.coordination.k8s.io/another | rights-operator",
        "yes | update | leases.coordination.k8s.io/outboxpipeline-operator | rights-operator",
        "no  | get    | nodes                           | default",
        "no  | get    | customresourcedefinitions.apiextensions.k8s.io | default",
      })
  void the_account_may(String answer, String verb, String resource, String namespace) {
    var question = new ArrayList<>(List.of("auth", "can-i", verb));
    int colon = resource.indexOf(':');
    question.add(colon < 0 ? resource : resource.substring(0, colon));
    if (colon >= 0) {
      question.add("--subresource=" + resource.substring(colon + 1));
    }
    question.add("--namespace=" + namespace);
    question.add("--as=" + ACCOUNT);
    assertThat(cluster.run(Program.KUBECTL, "", question.toArray(new String[0])).output().strip())
        .isEqualTo(answer);
  }

  @Test
  void it_can_give_nobody_more_than_it_has() {
    Command.Result refused =
        cluster.run(
            Program.KUBECTL,
            """
            apiVersion: rbac.authorization.k8s.io/v1
            kind: Role
            metadata: {name: more}
            rules: [{apiGroups: [""], resources: [secrets], verbs: [get]}]
            """,
            "create",
            "--namespace=rights-shop",
            "--as=" + ACCOUNT,
            "-f",
            "-");
    assertThat(refused.exit()).isNotZero();
    assertThat(refused.errors())
        .contains("attempting to grant RBAC permissions not currently held");
  }
}
