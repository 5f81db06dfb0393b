/** Asks services over HTTP, within a time. Knows nothing of what the answers mean. */
@NullMarked
package io.outboxpipeline.console.ask;

import org.jspecify.annotations.NullMarked;
