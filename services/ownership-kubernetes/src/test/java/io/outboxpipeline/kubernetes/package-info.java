@org.jspecify.annotations.NullMarked
package io.outboxpipeline.kubernetes;
