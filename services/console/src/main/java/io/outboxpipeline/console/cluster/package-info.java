/**
 * What the console asks of the API server: which pipelines there are and where their pods run.
 * Loaded only where the console is told that it runs in a cluster.
 */
@NullMarked
package io.outboxpipeline.console.cluster;

import org.jspecify.annotations.NullMarked;
