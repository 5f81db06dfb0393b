/**
 * The choice of the place where relays keep their leases, and the fence that DynamoDB keeps beside
 * them.
 */
@NullMarked
package io.outboxpipeline.relay.lease;

import org.jspecify.annotations.NullMarked;
