/**
 * What the receiver's starter for Spring Boot 3.5 adds: the types that are elsewhere in the other
 * line.
 */
@NullMarked
package io.outboxpipeline.spring.receiver.boot3;

import org.jspecify.annotations.NullMarked;
