package io.outboxpipeline.consumer;

import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The trace that an event belongs to. Without state. */
final class Traces {
  private static final Pattern TRACEPARENT =
      Pattern.compile("[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(-.*)?");

  private Traces() {}

  /** The trace's id, if the event has one. */
  static Optional<String> id(Map<String, String> headers) {
    Matcher parent = TRACEPARENT.matcher(headers.getOrDefault("traceparent", ""));
    return parent.matches() ? Optional.of(parent.group(1)) : Optional.empty();
  }
}
