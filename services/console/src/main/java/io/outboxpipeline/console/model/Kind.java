package io.outboxpipeline.console.model;

import java.util.Locale;

/** The kinds of services. */
public enum Kind {
  BASE,
  RELAY,
  CONSUMER;

  /** As the API writes it. */
  public String code() {
    return name().toLowerCase(Locale.ROOT);
  }
}
