/**
 * The operator's process: it watches the resource and what belongs to it, and brings the cluster to
 * what {@code model} says and the queue to what {@code queue} says.
 */
@NullMarked
package io.outboxpipeline.operator;

import org.jspecify.annotations.NullMarked;
