/**
 * The relay: reads the outbox rows of the partitions that it owns, sends them to SQS in order per
 * aggregate, and deletes what was acknowledged.
 *
 * <p>{@code ReadLoop} fills the {@code Backlog}, {@code SendLoop} empties it, {@code DeleteLoop}
 * removes what was sent; {@code OutboxTable} and {@code Queue} are the two edges. Nothing of the
 * worked example may live here.
 */
@NullMarked
package io.outboxpipeline.relay;

import org.jspecify.annotations.NullMarked;
