package io.outboxpipeline.operator.queue;

import io.outboxpipeline.runtime.Secret;
import java.util.Optional;

/**
 * How SQS is reached.
 *
 * @param keys access keys; without them the operator's own identity
 * @param role assumed by that identity, if it has no keys
 */
public record Access(
    Optional<String> region,
    Optional<String> endpoint,
    Optional<Keys> keys,
    Optional<String> role) {

  /** Without a role. */
  public Access(Optional<String> region, Optional<String> endpoint, Optional<Keys> keys) {
    this(region, endpoint, keys, Optional.empty());
  }

  /** With this role, where it has no keys of its own. */
  public Access assuming(Optional<String> arn) {
    return keys.isPresent() ? this : new Access(region, endpoint, keys, arn);
  }

  /** Access keys. */
  public record Keys(String id, Secret secret, Optional<Secret> sessionToken) {}
}
