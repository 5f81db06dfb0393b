/**
 * The seam between a relay and the place where events are written: what a {@code Source} hands
 * over, and what it is told. Nothing of SQL, ids or indexes may live here; each kind of source has
 * a package below, which nothing but the service names.
 */
@NullMarked
package io.outboxpipeline.relay.source;

import org.jspecify.annotations.NullMarked;
