/**
 * What base, relay and consumer share as processes: settings, problem+json, logs, health, metrics,
 * admin access, the database pool, the SQS client, start and stop.
 *
 * <p>Nothing of the outbox, of leases or of spending lives here; the libraries do not depend on it.
 */
@NullMarked
package io.outboxpipeline.runtime;

import org.jspecify.annotations.NullMarked;
