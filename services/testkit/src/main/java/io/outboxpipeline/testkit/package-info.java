/**
 * What the tests of several modules share: databases, SQS peers, child processes.
 *
 * <p>For test scope alone. What the product runs on stays out of here.
 */
@NullMarked
package io.outboxpipeline.testkit;

import org.jspecify.annotations.NullMarked;
