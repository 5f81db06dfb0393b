/**
 * The outbox in Spring's transactions: {@link io.outboxpipeline.spring.OutboxTemplate} appends in
 * the current one, or refuses.
 *
 * <p>Spring's transactions alone, of Spring 6.2 and 7: no Spring Boot, which has a module for each
 * of its lines.
 */
@NullMarked
package io.outboxpipeline.spring;

import org.jspecify.annotations.NullMarked;
