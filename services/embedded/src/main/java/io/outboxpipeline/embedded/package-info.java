/**
 * Servers that start inside a JVM on a machine with nothing installed: MariaDB and an
 * SQS-compatible server.
 *
 * <p>The quickstart runs on them, and so do the tests. Nothing of the outbox lives here.
 */
@NullMarked
package io.outboxpipeline.embedded;

import org.jspecify.annotations.NullMarked;
