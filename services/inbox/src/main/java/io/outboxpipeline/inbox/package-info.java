/**
 * The receiving library: {@link io.outboxpipeline.inbox.Inbox#receive} decides in the caller's
 * transaction whether an event is applied, a duplicate or parked, and replays what was parked.
 *
 * <p>Plain JDBC alone: no Helidon, no AWS, no Kubernetes, and nothing of the worked example.
 */
@NullMarked
package io.outboxpipeline.inbox;

import org.jspecify.annotations.NullMarked;
