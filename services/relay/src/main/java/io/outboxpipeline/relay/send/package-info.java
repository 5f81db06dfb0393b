/** What takes messages from the backlog to SQS, and what became of them. */
@NullMarked
package io.outboxpipeline.relay.send;

import org.jspecify.annotations.NullMarked;
