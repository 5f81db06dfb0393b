/**
 * The worked example's consumer: {@link io.outboxpipeline.consumer.SpendingHandler} on the
 * receiver, with {@link io.outboxpipeline.consumer.AppliedSpendingApi}, their migration, and a
 * server for health, metrics and decisions.
 *
 * <p>What it knows of SQS and the inbox is in the receiver's library.
 */
@NullMarked
package io.outboxpipeline.consumer;

import org.jspecify.annotations.NullMarked;
