/**
 * The receiver in Spring's transactions: methods with {@link
 * io.outboxpipeline.spring.receiver.OutboxListener} apply events, each once and in order.
 *
 * <p>Spring alone, of 6.2 and 7: no Spring Boot, which has a module for each of its lines.
 */
@NullMarked
package io.outboxpipeline.spring.receiver;

import org.jspecify.annotations.NullMarked;
