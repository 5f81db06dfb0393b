package io.outboxpipeline.console.ask;

import io.outboxpipeline.runtime.Secret;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * One service, or what stands before several of a kind.
 *
 * @param uri without a path, or with the path that all of its own begin with; {@code dns+http://}
 *     for a service at each address that its host has
 * @param token opens its {@code /admin}
 */
public record Endpoint(URI uri, Optional<Secret> token) {
  /** Such as a headless Service of Kubernetes has, whose pods come and go. */
  public static final String EACH = "dns+http";

  /** Finds the addresses of a host. */
  interface Lookup {
    InetAddress[] addresses(String host) throws UnknownHostException;
  }

  /** The services that this stands for at this moment. */
  public List<Endpoint> each() {
    return each(InetAddress::getAllByName);
  }

  List<Endpoint> each(Lookup lookup) {
    if (!EACH.equals(uri.getScheme())) {
      return List.of(this);
    }
    try {
      return Arrays.stream(lookup.addresses(uri.getHost()))
          .map(
              a ->
                  a.getHostAddress().indexOf(':') < 0
                      ? a.getHostAddress()
                      : "[" + a.getHostAddress() + "]")
          .sorted()
          .map(this::on)
          .toList();
    } catch (UnknownHostException e) {
      // Asked as it is, it says that nobody knows this host.
      return List.of(on(uri.getHost()));
    }
  }

  private Endpoint on(String host) {
    String port = uri.getPort() < 0 ? "" : ":" + uri.getPort();
    return new Endpoint(URI.create("http://" + host + port + uri.getRawPath()), token);
  }

  /** The URI of a path and query of the service. */
  URI at(String path) {
    String start = uri.toString();
    return URI.create(
        (start.endsWith("/") ? start.substring(0, start.length() - 1) : start) + path);
  }

  /** Host and port, for people. */
  public String name() {
    return uri.getPort() < 0 ? uri.getHost() : uri.getHost() + ":" + uri.getPort();
  }
}
