/**
 * Tests of the chart: what its templates make of values, what the values' schema refuses, that
 * alerts and dashboard name metrics that exist, and what install, upgrade and uninstall do on a
 * real API server. Nothing here is shipped; the chart is the folder outboxpipeline.
 */
@NullMarked
package io.outboxpipeline.helm;

import org.jspecify.annotations.NullMarked;
