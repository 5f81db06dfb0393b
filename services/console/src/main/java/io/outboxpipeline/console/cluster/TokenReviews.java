package io.outboxpipeline.console.cluster;

import static java.lang.System.Logger.Level.WARNING;

import io.fabric8.kubernetes.api.model.authentication.TokenReview;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.outboxpipeline.console.access.Reviewer;
import io.outboxpipeline.console.access.User;
import io.outboxpipeline.console.access.User.Role;
import java.util.List;
import java.util.Optional;

/**
 * Whose token of the cluster it is. It must have been made for this console: without an audience of
 * its own, the token of each pod would be good here. Thread-safe.
 */
public final class TokenReviews implements Reviewer {
  private static final System.Logger LOG = System.getLogger(TokenReviews.class.getName());

  private final KubernetesClient client;
  private final String audience;

  public TokenReviews(KubernetesClient client, String audience) {
    this.client = client;
    this.audience = audience;
  }

  @Override
  public Optional<User> user(String token) {
    try {
      TokenReview review =
          client
              .resource(
                  new TokenReviewBuilder()
                      .withNewSpec()
                      .withToken(token)
                      .withAudiences(audience)
                      .endSpec()
                      .build())
              .create();
      var status = review.getStatus();
      // An API server that knows no audiences says nothing of them, and then the token is not ours.
      if (status == null
          || !Boolean.TRUE.equals(status.getAuthenticated())
          || status.getAudiences() == null
          || !status.getAudiences().contains(audience)) {
        return Optional.empty();
      }
      List<String> groups =
          status.getUser().getGroups() == null ? List.of() : status.getUser().getGroups();
      return Optional.of(new User(status.getUser().getUsername(), Role.REVIEWED, groups));
    } catch (KubernetesClientException e) {
      LOG.log(WARNING, "can''t review a token: {0}", e.getMessage());
      return Optional.empty();
    }
  }
}
