package io.outboxpipeline.spring.receiver;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Applies events of some types, each once and in order, in the transaction that commits the inbox's
 * record of them.
 *
 * <p>On a method of a bean: it takes the payload, the {@link io.outboxpipeline.outbox.Event}, or
 * both, and returns nothing. It is done when it returns. It throws {@link EventRejectedException}
 * for an event that it can never apply; any other exception rolls back, and the event comes again.
 *
 * <p>On a class or a bean method that gives an {@link io.outboxpipeline.inbox.EventHandler}: that
 * gets all events of these types that follow one another at once.
 */
@Documented
@Target({ElementType.METHOD, ElementType.TYPE})
@Retention(RetentionPolicy.RUNTIME)
public @interface OutboxListener {

  /** The event types, at least one. No other listener of the application may have one of them. */
  String[] type();
}
