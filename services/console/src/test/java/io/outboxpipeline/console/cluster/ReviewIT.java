package io.outboxpipeline.console.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenRequest;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.outboxpipeline.console.access.User;
import io.outboxpipeline.console.access.User.Role;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Tokens and rights of a real API server. */
final class ReviewIT {
  private static final String AUDIENCE = "outboxpipeline-console";

  private static String token(KubernetesClient client, String account, String audience) {
    TokenRequest request =
        new TokenRequestBuilder()
            .withNewSpec()
            .withAudiences(audience)
            .withExpirationSeconds(600L)
            .endSpec()
            .build();
    return client
        .serviceAccounts()
        .inNamespace("review-people")
        .withName(account)
        .tokenRequest(request)
        .getStatus()
        .getToken();
  }

  private static void may(KubernetesClient client, String account, String... verbs) {
    client
        .resource(
            new RoleBuilder()
                .withNewMetadata()
                .withName(account)
                .withNamespace("review-shop")
                .endMetadata()
                .addNewRule()
                .withApiGroups("outboxpipeline.io")
                .withResources("outboxpipelines")
                .withVerbs(verbs)
                .endRule()
                .build())
        .create();
    client
        .resource(
            new RoleBindingBuilder()
                .withNewMetadata()
                .withName(account)
                .withNamespace("review-shop")
                .endMetadata()
                .withNewRoleRef("rbac.authorization.k8s.io", "Role", account)
                .addNewSubject()
                .withKind("ServiceAccount")
                .withName(account)
                .withNamespace("review-people")
                .endSubject()
                .build())
        .create();
  }

  @Test
  void
      a_token_must_be_made_for_the_console_and_says_who_and_the_cluster_says_what_for_each_pipeline()
          throws IOException {
    try (KubernetesClient client = KubernetesCase.client()) {
      KubernetesCase.namespace(client, "review-people");
      KubernetesCase.namespace(client, "review-shop");
      for (String account : new String[] {"viewer", "operator", "foreign"}) {
        client
            .resource(
                new ServiceAccountBuilder()
                    .withNewMetadata()
                    .withName(account)
                    .withNamespace("review-people")
                    .endMetadata()
                    .build())
            .create();
      }
      may(client, "viewer", "get");
      may(client, "operator", "get", "update");
      var reviews = new TokenReviews(client, AUDIENCE);
      var clock = new AtomicLong();
      var rights = new ClusterRights(client, clock::get);

      assertThat(reviews.user(token(client, "operator", "another-audience"))).isEmpty();
      assertThat(reviews.user("e30aaaaaa.e30aaaaaa.e30aaaaaa")).isEmpty();
      User viewer = reviews.user(token(client, "viewer", AUDIENCE)).orElseThrow();
      assertThat(viewer.name()).isEqualTo("system:serviceaccount:review-people:viewer");
      assertThat(viewer.role()).isEqualTo(Role.REVIEWED);
      assertThat(role(rights, viewer, "review-shop")).contains(Role.VIEWER);
      assertThat(role(rights, viewer, "default")).as("another namespace").isEmpty();
      User operator = reviews.user(token(client, "operator", AUDIENCE)).orElseThrow();
      assertThat(role(rights, operator, "review-shop")).contains(Role.OPERATOR);
      User foreign = reviews.user(token(client, "foreign", AUDIENCE)).orElseThrow();
      assertThat(role(rights, foreign, "review-shop")).isEmpty();

      client.rbac().roleBindings().inNamespace("review-shop").withName("operator").delete();
      clock.addAndGet(11_000_000_000L);
      assertThat(role(rights, operator, "review-shop")).as("a right that is taken ends").isEmpty();
    }
  }

  private static Optional<Role> role(ClusterRights rights, User user, String namespace) {
    return rights.at(user, namespace, "orders").map(User::role);
  }
}
