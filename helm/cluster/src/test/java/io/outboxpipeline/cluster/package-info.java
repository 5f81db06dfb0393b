/** A pipeline on a real cluster, under load and faults. */
@NullMarked
package io.outboxpipeline.cluster;

import org.jspecify.annotations.NullMarked;
