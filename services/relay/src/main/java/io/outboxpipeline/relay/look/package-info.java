/**
 * What a relay tells people who look at the pipeline: who owns what, what of an aggregate waits,
 * what was decided. It reads, and decides nothing; SQL may not live here.
 */
@NullMarked
package io.outboxpipeline.relay.look;

import org.jspecify.annotations.NullMarked;
