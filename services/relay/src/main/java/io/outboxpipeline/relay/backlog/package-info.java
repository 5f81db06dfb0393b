/**
 * What is in memory between a source and the queue: a lane per aggregate, what is packed into one
 * message, what is on its way. Pure: no clock of its own, no SQL, no queue. Nothing of how a source
 * finds its events may live here.
 */
@NullMarked
package io.outboxpipeline.relay.backlog;

import org.jspecify.annotations.NullMarked;
