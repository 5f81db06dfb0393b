/**
 * The SQS queues of pipelines: created, adopted, put right and deleted. Knows SQS and the resource;
 * nothing of Kubernetes.
 */
@NullMarked
package io.outboxpipeline.operator.queue;

import org.jspecify.annotations.NullMarked;
