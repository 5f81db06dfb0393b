package io.outboxpipeline.operator.queue;

import io.outboxpipeline.runtime.Secret;
import java.util.Optional;

/**
 * How SQS is reached.
 *
 * @param keys access keys; without them the operator's own identity
 */
public record Access(Optional<String> region, Optional<String> endpoint, Optional<Keys> keys) {

  /** Access keys. */
  public record Keys(String id, Secret secret, Optional<Secret> sessionToken) {}
}
