package io.outboxpipeline.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBuilder;
import io.fabric8.kubernetes.api.model.rbac.PolicyRuleBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBuilder;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.outboxpipeline.embedded.EmbeddedSqs;
import java.net.URI;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceLock;

/** An operator with rights in some namespaces, of which some go. */
@Execution(ExecutionMode.SAME_THREAD)
@ResourceLock(Cluster.PIPELINES)
final class NamespacesIT extends PipelineCase {
  private static final String USER = "operator-of-some";

  private final EmbeddedSqs sqs = EmbeddedSqs.start(0);

  @Override
  URI sqs() {
    return sqs.endpoint();
  }

  @Override
  OperatorService operator() {
    throw new UnsupportedOperationException("this test has two");
  }

  @Test
  void a_namespace_that_is_gone_is_not_the_end_of_the_others_nor_does_it_hang_itself() {
    Running.end();
    String stays = namespace;
    rights(stays);
    makeNamespace();
    String goes = namespace;
    rights(goes);
    everywhere();
    try (sqs) {
      var operator = OperatorService.start(Running.settings(Set.of(stays, goes)), asUser());
      create("leaves", "replicas: 0", "deletionPolicy: Delete");
      namespace = stays;
      create("stays", "replicas: 0");
      eventually(() -> assertThat(objects("stays")).contains("Deployment/stays-relay"));
      namespace = goes;
      eventually(() -> assertThat(condition("leaves", "QueueReady")).startsWith("True"));
      // As in a namespace that is deleted: its Role goes before its last pipeline.
      client.rbac().roles().inNamespace(goes).withName(USER).delete();
      client.namespaces().withName(goes).delete();
      eventually(() -> assertThat(client.namespaces().withName(goes).get()).isNull());
      assertThat(queueNames()).doesNotContain("leaves.fifo", "leaves-dlq.fifo");
      operator.close();

      long start = System.nanoTime();
      try (var again = OperatorService.start(Running.settings(Set.of(stays, goes)), asUser())) {
        namespace = stays;
        edit("stays", "{\"spec\":{\"relay\":{\"concurrency\":3}}}");
        eventually(
            () -> assertThat(settingsOf("stays-relay")).containsEntry("RELAY_CONCURRENCY", "3"));
        assertThat(again.server().port()).isPositive();
        System.out.printf(
            "with one of two namespaces gone: started and applied after %d ms%n",
            Duration.ofNanos(System.nanoTime() - start).toMillis());
      }
    }
  }

  private KubernetesClient asUser() {
    return new KubernetesClientBuilder()
        .withConfig(
            new ConfigBuilder(client.getConfiguration()).withImpersonateUsername(USER).build())
        .build();
  }

  private void rights(String in) {
    client
        .resource(
            new RoleBuilder()
                .withNewMetadata()
                .withName(USER)
                .withNamespace(in)
                .endMetadata()
                .withRules(
                    new PolicyRuleBuilder()
                        .withApiGroups("*")
                        .withResources("*")
                        .withVerbs("*")
                        .build())
                .build())
        .create();
    client
        .resource(
            new RoleBindingBuilder()
                .withNewMetadata()
                .withName(USER)
                .withNamespace(in)
                .endMetadata()
                .withNewRoleRef("rbac.authorization.k8s.io", "Role", USER)
                .addNewSubject("rbac.authorization.k8s.io", "User", USER, null)
                .build())
        .create();
  }

  /** What the chart gives in the whole cluster. */
  private void everywhere() {
    client
        .resource(
            new ClusterRoleBuilder()
                .withNewMetadata()
                .withName(USER)
                .endMetadata()
                .withRules(
                    new PolicyRuleBuilder()
                        .withApiGroups("")
                        .withResources("namespaces")
                        .withVerbs("get")
                        .build(),
                    new PolicyRuleBuilder()
                        .withApiGroups("outboxpipeline.io")
                        .withResources("outboxpipelines", "outboxpipelines/status")
                        .withVerbs("get", "list", "watch", "patch")
                        .build())
                .build())
        .create();
    client
        .resource(
            new ClusterRoleBindingBuilder()
                .withNewMetadata()
                .withName(USER)
                .endMetadata()
                .withNewRoleRef("rbac.authorization.k8s.io", "ClusterRole", USER)
                .addNewSubject("rbac.authorization.k8s.io", "User", USER, null)
                .build())
        .create();
  }
}
