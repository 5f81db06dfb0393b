package io.outboxpipeline.runtime;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.util.Locale;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * Serves clients of HTTP/1.0, as plain load balancers are, which Helidon refuses: where a
 * connection begins with such a request, its header is handed on as one of HTTP/1.1 that closes the
 * connection. What HTTP/1.0 does not have (transfer codings, expectations, upgrades) leaves it
 * refused.
 */
final class Http10 {
  private static final int MAX_HEADER = 16 << 10;
  private static final int MAX_LINE = 4 << 10;
  private static final String VERSION = " HTTP/1.0\r\n";
  private static final Pattern NOT_OF_1_0 =
      Pattern.compile("\r\n(transfer-encoding|expect|upgrade)[ \t]*:");

  private Http10() {}

  /** What a connection's client sends, given where it comes from. */
  static Supplier<byte[]> upgraded(Supplier<byte[]> wire) {
    return new Supplier<>() {
      private boolean begun;

      @Override
      public byte[] get() {
        if (begun) {
          return wire.get();
        }
        begun = true;
        return first(wire);
      }
    };
  }

  private static byte[] first(Supplier<byte[]> wire) {
    var all = new ByteArrayOutputStream();
    all.writeBytes(wire.get());
    String text = text(all);
    while (text.indexOf('\n') < 0 && text.length() < MAX_LINE) {
      all.writeBytes(wire.get());
      text = text(all);
    }
    int line = text.indexOf('\n') + 1;
    if (!text.substring(0, line).endsWith(VERSION)) {
      return all.toByteArray();
    }
    while (!text.contains("\r\n\r\n")) {
      if (text.length() > MAX_HEADER) {
        return all.toByteArray();
      }
      all.writeBytes(wire.get());
      text = text(all);
    }
    return upgraded(text, line).getBytes(ISO_8859_1);
  }

  private static String upgraded(String text, int line) {
    String header = text.substring(0, text.indexOf("\r\n\r\n") + 2).toLowerCase(Locale.ROOT);
    if (NOT_OF_1_0.matcher(header).find()) {
      return text;
    }
    return text.substring(0, line - VERSION.length())
        + " HTTP/1.1\r\nConnection: close\r\n"
        + (header.contains("\r\nhost:") ? "" : "Host: localhost\r\n")
        + text.substring(line);
  }

  private static String text(ByteArrayOutputStream bytes) {
    return bytes.toString(ISO_8859_1);
  }
}
