/**
 * The lease store over Kubernetes Lease objects. Knows the Kubernetes client and {@code ownership};
 * nothing of relays, of the operator's resources, or of events.
 */
@NullMarked
package io.outboxpipeline.kubernetes;

import org.jspecify.annotations.NullMarked;
