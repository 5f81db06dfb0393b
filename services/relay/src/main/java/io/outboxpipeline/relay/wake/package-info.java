/** What tells a source of new events before its next poll: hints, and nothing that is relied on. */
@NullMarked
package io.outboxpipeline.relay.wake;

import org.jspecify.annotations.NullMarked;
