/**
 * The console: shows pipelines to people and carries their decisions to the services.
 *
 * <p>Here are the program and its settings. {@code ask} asks the services, {@code model} makes of
 * their answers what people want to know, {@code access} says who may, and {@code page} writes
 * HTML. Nothing here has rights in a database, and nothing knows the libraries of outbox and inbox.
 */
@NullMarked
package io.outboxpipeline.console;

import org.jspecify.annotations.NullMarked;
