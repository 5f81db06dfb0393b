/**
 * The receiving side on SQS as a library: {@link io.outboxpipeline.receiver.Receiver} takes
 * messages from a queue, gives their events to the inbox and a handler by event type in one
 * transaction, and acknowledges after the commit.
 *
 * <p>The AWS SDK, JDBC and the inbox alone: no server, no framework, and nothing of the worked
 * example.
 */
@NullMarked
package io.outboxpipeline.receiver;

import org.jspecify.annotations.NullMarked;
