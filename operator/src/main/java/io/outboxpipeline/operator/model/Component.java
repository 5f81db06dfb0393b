package io.outboxpipeline.operator.model;

import java.util.Locale;

/** What a pipeline consists of. */
public enum Component {
  BASE(8081),
  RELAY(8082),
  CONSUMER(8083);

  private final int port;

  Component(int port) {
    this.port = port;
  }

  /** Where it listens. */
  public int port() {
    return port;
  }

  /** As in names of objects and in labels: base, relay, consumer. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** As in types of conditions: Base, Relay, Consumer. */
  public String title() {
    return name().charAt(0) + label().substring(1);
  }
}
