/**
 * Speed, measured: scenarios against real databases and an SQS endpoint that answers at once, each
 * beside yardsticks of the same run, with order and completeness checked meanwhile.
 */
@NullMarked
package io.outboxpipeline.bench;

import org.jspecify.annotations.NullMarked;
