package io.outboxpipeline.console.ask;

import io.outboxpipeline.runtime.Secret;
import java.net.URI;
import java.util.Optional;

/**
 * One service, or what stands before several of a kind.
 *
 * @param uri without a path, or with the path that all of its own begin with
 * @param token opens its {@code /admin}
 */
public record Endpoint(URI uri, Optional<Secret> token) {

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
