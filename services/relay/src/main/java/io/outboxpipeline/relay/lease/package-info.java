/** Where the relays keep their leases, and the fence that DynamoDB has no place for but there. */
@NullMarked
package io.outboxpipeline.relay.lease;

import org.jspecify.annotations.NullMarked;
