/**
 * The whole pipeline in one JVM, on an embedded MariaDB and an embedded SQS-compatible server: for
 * a laptop, to see and to try.
 *
 * <p>{@code Main} is the program, {@code Stack} starts the pipeline, and {@code Journey} follows
 * events through it.
 */
@NullMarked
package io.outboxpipeline.quickstart;

import org.jspecify.annotations.NullMarked;
