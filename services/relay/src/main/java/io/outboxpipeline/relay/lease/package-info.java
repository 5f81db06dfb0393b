/** Where the relays keep their leases. */
@NullMarked
package io.outboxpipeline.relay.lease;

import org.jspecify.annotations.NullMarked;
