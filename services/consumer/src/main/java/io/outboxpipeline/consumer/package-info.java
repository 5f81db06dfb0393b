/**
 * The consumer: receives from SQS, gives the events to the inbox and its handler in one
 * transaction, and acknowledges after the commit.
 *
 * <p>What is of the worked example is {@link io.outboxpipeline.consumer.SpendingHandler}, {@link
 * io.outboxpipeline.consumer.SpendingApi} and their migration; the rest knows nothing of spending.
 */
@NullMarked
package io.outboxpipeline.consumer;

import org.jspecify.annotations.NullMarked;
