/**
 * Makes the tables of the outbox and of the inbox with Flyway. The scripts lie beside the libraries
 * that use the tables; here is what runs them, so that the libraries need no Flyway.
 *
 * <p>Nothing of Spring: a starter runs this too, and an application's own Flyway goes on beside it.
 */
@NullMarked
package io.outboxpipeline.migrations;

import org.jspecify.annotations.NullMarked;
