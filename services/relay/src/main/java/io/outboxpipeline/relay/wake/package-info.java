/**
 * Hints that tell a source of new events before its next poll. Nothing relies on them, because
 * polls alone find every event.
 */
@NullMarked
package io.outboxpipeline.relay.wake;

import org.jspecify.annotations.NullMarked;
