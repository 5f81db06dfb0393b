/**
 * Helpers that the tests of several modules share: databases, SQS-compatible servers, child
 * processes.
 *
 * <p>For test scope alone. Nothing that the product runs on may live here.
 */
@NullMarked
package io.outboxpipeline.testkit;

import org.jspecify.annotations.NullMarked;
