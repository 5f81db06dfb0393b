package io.outboxpipeline.runtime;

import java.util.Locale;

/**
 * The port cannot be had, as a rule because another process listens on it; the message is a
 * sentence that says so.
 */
public final class PortInUse extends RuntimeException {
  private static final long serialVersionUID = 1;

  PortInUse(String service, ServerSettings settings, Throwable cause) {
    super(
        String.format(
            Locale.ROOT,
            "%s cannot listen on %s:%d (%s). SERVER_PORT sets another port.",
            service,
            settings.host(),
            settings.port(),
            cause.getMessage()),
        cause);
  }
}
