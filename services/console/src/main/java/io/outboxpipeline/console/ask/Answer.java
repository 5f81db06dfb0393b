package io.outboxpipeline.console.ask;

import jakarta.json.JsonObject;

/** What a service said. */
public sealed interface Answer {

  /**
   * It did what was asked.
   *
   * @param json empty if it had nothing to say
   */
  record Told(JsonObject json) implements Answer {}

  /**
   * It answered, and did not do it.
   *
   * @param status HTTP's
   * @param detail a sentence from the service
   */
  record Refused(int status, String detail) implements Answer {}

  /**
   * It did not answer in time, or not in a way that can be understood.
   *
   * @param why a sentence for people, without secrets
   */
  record Silent(String why) implements Answer {}
}
