/**
 * The events in memory between a source and the queue. Each aggregate has a lane, which is a queue
 * of its events; some of them are packed into one message, and one message is in flight at most.
 *
 * <p>Pure: no clock of its own, no SQL, no SQS. Nothing of how a source finds its events may live
 * here.
 */
@NullMarked
package io.outboxpipeline.relay.backlog;

import org.jspecify.annotations.NullMarked;
