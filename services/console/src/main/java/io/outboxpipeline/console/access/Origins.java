package io.outboxpipeline.console.access;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.ServerRequestHeaders;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Whether a request was meant for this console, and whether a page of its own sent it. A page that
 * got its name to point at this machine sends that name as Host; one of another site sends another
 * Origin.
 */
final class Origins {
  private static final HeaderName FETCH_SITE = HeaderNames.create("Sec-Fetch-Site");
  private static final Pattern IP4 = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}");
  private static final Pattern HOST = Pattern.compile("(\\[[0-9a-f:.]+]|[^:\\[\\]]+)(:\\d+)?");

  private final AccessSettings settings;

  Origins(AccessSettings settings) {
    this.settings = settings;
  }

  /** Whether a Host header names this console: localhost, an IP address, or a configured name. */
  boolean mayBeCalled(String host) {
    var parts = HOST.matcher(host.toLowerCase(Locale.ROOT));
    if (!parts.matches()) {
      return false;
    }
    String name = parts.group(1);
    return name.equals("localhost")
        || name.startsWith("[")
        || IP4.matcher(name).matches()
        || settings.hosts().contains(name);
  }

  /** Whether what changes something was sent by a page of this console. */
  boolean fromHere(ServerRequestHeaders headers, String host) {
    Optional<String> site = headers.first(FETCH_SITE);
    Optional<String> origin = headers.first(HeaderNames.ORIGIN);
    if (site.isPresent() && !site.get().equals("same-origin")) {
      return false;
    }
    if (origin.isEmpty()) {
      return site.isPresent();
    }
    return settings.publicUrl().map(url -> sameOrigin(origin.get(), url)).orElse(false)
        || sameHost(origin.get(), host);
  }

  private static boolean sameOrigin(String origin, URI url) {
    String port = url.getPort() < 0 ? "" : ":" + url.getPort();
    return origin.equalsIgnoreCase(url.getScheme() + "://" + url.getHost() + port);
  }

  private static boolean sameHost(String origin, String host) {
    try {
      String authority = new URI(origin).getRawAuthority();
      return authority != null && authority.equalsIgnoreCase(host);
    } catch (URISyntaxException e) {
      return false;
    }
  }
}
