package io.outboxpipeline.console.access;

import java.util.Optional;

/** What somebody may do with one pipeline. */
public interface Rights {
  /** All pipelines are alike to those whose role is known; nobody else may see any. */
  Rights BY_ROLE = (user, namespace, resource) -> Optional.of(user).filter(u -> !u.reviewed());

  /**
   * The person with the role at a pipeline.
   *
   * @param namespace of the pipeline's resource; empty if not known
   * @param resource the resource's name
   * @return empty if the person may not see it
   */
  Optional<User> at(User user, String namespace, String resource);
}
