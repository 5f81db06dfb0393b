/** The SQS-compatible server that the cluster's tests run against. */
@NullMarked
package io.outboxpipeline.cluster;

import org.jspecify.annotations.NullMarked;
