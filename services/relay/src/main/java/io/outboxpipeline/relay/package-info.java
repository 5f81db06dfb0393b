/**
 * The relay: reads the outbox rows of the partitions that it owns, sends them to SQS in order per
 * aggregate, and deletes what was acknowledged.
 *
 * <p>The rooms are the way of an event: {@code source} (and {@code source.mysql}) finds it and
 * hands it to {@code backlog}, {@code send} sends it, and the source deletes it. {@code quarantine}
 * is for events that can never be sent. {@code wake} tells a source of new events, and {@code
 * lease} chooses where leases are kept. This package is the service around them. Nothing of the
 * worked example may live here.
 */
@NullMarked
package io.outboxpipeline.relay;

import org.jspecify.annotations.NullMarked;
