package io.outboxpipeline.runtime;

import ch.qos.logback.classic.pattern.ClassicConverter;
import ch.qos.logback.classic.spi.ILoggingEvent;

/** {@code %line} in logback.xml: the message on one line. */
public final class OneLineMessage extends ClassicConverter {

  @Override
  public String convert(ILoggingEvent event) {
    return LogText.escape(String.valueOf(event.getFormattedMessage()));
  }
}
