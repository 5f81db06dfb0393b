package io.outboxpipeline.console.page;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;

/** The console's own files. Thread-safe. */
public final class Assets implements HttpService {
  private static final Map<String, String> FILES =
      Map.of(
          "console.css", "text/css; charset=utf-8",
          "live.js", "text/javascript; charset=utf-8",
          "icon.svg", "image/svg+xml");

  @Override
  public void routing(HttpRules rules) {
    FILES.forEach(
        (name, type) -> {
          byte[] file = read(name);
          rules.get(
              "/assets/" + name,
              (req, res) -> res.header(HeaderNames.CONTENT_TYPE, type).send(file));
        });
  }

  private static byte[] read(String name) {
    try (var in = Assets.class.getResourceAsStream("/io/outboxpipeline/console/assets/" + name)) {
      if (in == null) {
        throw new IllegalStateException("no file " + name);
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
