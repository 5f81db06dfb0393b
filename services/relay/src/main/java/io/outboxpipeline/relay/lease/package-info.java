/** The choice of the place where relays keep their leases: the database or Kubernetes. */
@NullMarked
package io.outboxpipeline.relay.lease;

import org.jspecify.annotations.NullMarked;
