/**
 * Jobs: a decision about many events that a service carries out one after the other, at a rate, and
 * whose state is in its database. What is decided is the service's own; nothing of outbox or inbox
 * may live here.
 */
@NullMarked
package io.outboxpipeline.runtime.job;

import org.jspecify.annotations.NullMarked;
