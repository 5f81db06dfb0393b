/**
 * Sends the backlog's messages to SQS, and tells the backlog how each one ended. Nothing of SQL or
 * of how a source finds its events may live here.
 */
@NullMarked
package io.outboxpipeline.relay.send;

import org.jspecify.annotations.NullMarked;
