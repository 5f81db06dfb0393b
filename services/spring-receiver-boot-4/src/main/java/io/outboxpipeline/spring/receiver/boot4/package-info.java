/**
 * What the receiver's starter for Spring Boot 4 adds: the types that are elsewhere in the other
 * line.
 */
@NullMarked
package io.outboxpipeline.spring.receiver.boot4;

import org.jspecify.annotations.NullMarked;
