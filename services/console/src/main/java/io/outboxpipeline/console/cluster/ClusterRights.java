package io.outboxpipeline.console.cluster;

import static java.lang.System.Logger.Level.WARNING;

import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReview;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReviewBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.outboxpipeline.console.access.Rights;
import io.outboxpipeline.console.access.User;
import io.outboxpipeline.console.access.User.Role;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * What the cluster lets somebody do with a pipeline's resource: who may get it is a viewer, who may
 * update it an operator. An answer is good for some seconds, so that a right that is taken ends
 * soon. Thread-safe.
 */
public final class ClusterRights implements Rights {
  private static final System.Logger LOG = System.getLogger(ClusterRights.class.getName());
  private static final Duration KEPT = Duration.ofSeconds(10);
  private static final int MOST = 10_000;

  private record Asked(String name, List<String> groups, String namespace, String resource) {}

  private record Known(Optional<Role> role, long at) {}

  private final KubernetesClient client;
  private final LongSupplier nanoClock;
  private final Map<Asked, Known> known = new LinkedHashMap<>();

  public ClusterRights(KubernetesClient client) {
    this(client, System::nanoTime);
  }

  ClusterRights(KubernetesClient client, LongSupplier nanoClock) {
    this.client = client;
    this.nanoClock = nanoClock;
  }

  @Override
  public Optional<User> at(User user, String namespace, String resource) {
    if (!user.reviewed()) {
      return Optional.of(user);
    }
    var asked = new Asked(user.name(), user.groups(), namespace, resource);
    return kept(asked).or(() -> Optional.of(ask(asked))).flatMap(Known::role).map(user::as);
  }

  private synchronized Optional<Known> kept(Asked asked) {
    long now = nanoClock.getAsLong();
    known.values().removeIf(k -> now - k.at >= KEPT.toNanos());
    return Optional.ofNullable(known.get(asked));
  }

  private Known ask(Asked asked) {
    Optional<Role> role =
        may(asked, "update")
            ? Optional.of(Role.OPERATOR)
            : may(asked, "get") ? Optional.of(Role.VIEWER) : Optional.empty();
    var now = new Known(role, nanoClock.getAsLong());
    synchronized (this) {
      if (known.size() < MOST) {
        known.put(asked, now);
      }
    }
    return now;
  }

  private boolean may(Asked asked, String verb) {
    SubjectAccessReview review =
        new SubjectAccessReviewBuilder()
            .withNewSpec()
            .withUser(asked.name)
            .withGroups(asked.groups)
            .withNewResourceAttributes()
            .withGroup("outboxpipeline.io")
            .withResource("outboxpipelines")
            .withNamespace(asked.namespace)
            .withName(asked.resource)
            .withVerb(verb)
            .endResourceAttributes()
            .endSpec()
            .build();
    try {
      var status = client.resource(review).create().getStatus();
      return status != null && Boolean.TRUE.equals(status.getAllowed());
    } catch (KubernetesClientException e) {
      // Who can't be asked about may nothing.
      LOG.log(WARNING, "can''t ask for a right: {0}", e.getMessage());
      return false;
    }
  }
}
