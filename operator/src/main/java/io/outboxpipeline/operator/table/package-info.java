/**
 * A pipeline's tables of DynamoDB: made, looked at, deleted. What they must be like is the
 * library's knowledge; what becomes of the answer is the status's.
 *
 * <p>May know the API and the model; knows nothing of Kubernetes.
 */
@NullMarked
package io.outboxpipeline.operator.table;

import org.jspecify.annotations.NullMarked;
