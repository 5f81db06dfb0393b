/**
 * What Spring Boot's lines have in common: the auto-configuration of the outbox, its migrations,
 * its endpoint and its failure analyses. It names only classes that are the same in Boot 3.5 and 4;
 * what moved between them is in a starter for each.
 */
@NullMarked
package io.outboxpipeline.spring.boot;

import org.jspecify.annotations.NullMarked;
