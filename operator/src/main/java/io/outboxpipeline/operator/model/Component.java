package io.outboxpipeline.operator.model;

import java.util.Locale;

/** What a pipeline consists of. */
public enum Component {
  BASE(8081, 9081),
  /** It has no clients, so its only port is that of management. */
  RELAY(8082, 8082),
  CONSUMER(8083, 9083);

  private final int port;
  private final int management;

  Component(int port, int management) {
    this.port = port;
    this.management = management;
  }

  /** Where it listens. */
  public int port() {
    return port;
  }

  /** Where metrics and admin are; no Service leads there but the relay's. */
  public int management() {
    return management;
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
