/**
 * Tests of the chart. They render its templates, offer wrong values to its schema, look for the
 * metrics that alerts and dashboard name, and install, upgrade and uninstall it on a real API
 * server. Nothing here is shipped; the chart is the folder outboxpipeline.
 */
@NullMarked
package io.outboxpipeline.helm;

import org.jspecify.annotations.NullMarked;
