/**
 * The outbox library: {@link io.outboxpipeline.outbox.Outbox#append} writes an event's row in the
 * caller's transaction; the schema, the slots and the CloudEvents form of an event live here too.
 *
 * <p>Plain JDBC alone: no Helidon, no AWS, no Kubernetes, and nothing of the worked example.
 */
@NullMarked
package io.outboxpipeline.outbox;

import org.jspecify.annotations.NullMarked;
