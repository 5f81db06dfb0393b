package io.outboxpipeline.spring.receiver;

import io.outboxpipeline.outbox.Event;
import java.lang.reflect.Type;

/** Turns an event's payload into what a listener takes. Thread-safe. */
@FunctionalInterface
public interface PayloadReader {

  /**
   * The payload as a value.
   *
   * @param type of the listener's parameter
   * @throws EventRejectedException if it has no such value, told without the payload's own values
   */
  Object read(Event event, Type type);
}
