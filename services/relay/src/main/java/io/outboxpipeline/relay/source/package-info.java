/**
 * The seam between a relay and the place where events are written. A {@code Source} hands events to
 * an {@code Intake} and is told how each one ended. Nothing of SQL, ids or indexes may live here.
 * Each kind of source has a package below, which only the service names.
 */
@NullMarked
package io.outboxpipeline.relay.source;

import org.jspecify.annotations.NullMarked;
