/**
 * The whole pipeline in one JVM, on an embedded MariaDB and an embedded SQS peer: for a laptop, to
 * see and to try.
 *
 * <p>{@code Main} is the program, {@code Stack} what it starts, {@code Journey} what it shows.
 */
@NullMarked
package io.outboxpipeline.quickstart;

import org.jspecify.annotations.NullMarked;
