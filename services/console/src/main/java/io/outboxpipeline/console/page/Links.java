package io.outboxpipeline.console.page;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * All URLs of the console.
 *
 * @param prefix what all paths begin with, if a proxy wants one; empty or {@code /…}
 */
record Links(String prefix) {

  String home() {
    return prefix + "/";
  }

  String asset(String file) {
    return prefix + "/assets/" + file;
  }

  String signIn() {
    return prefix + "/sign-in";
  }

  /** To the provider of identities, and then to a page. */
  String oidc(String to) {
    return prefix + "/oidc/begin" + query(Map.of("to", to));
  }

  /** Whether a path leads to a page of the console: browsers take {@code //} for a host. */
  boolean isHere(String to) {
    return to.startsWith(prefix + "/")
        && !to.startsWith("//")
        && to.indexOf('\\') < 0
        && to.chars().noneMatch(Character::isISOControl);
  }

  String signOut() {
    return prefix + "/sign-out";
  }

  /** A page of a pipeline. */
  String page(String pipeline, String page) {
    return prefix + "/p/" + encoded(pipeline) + "/" + page;
  }

  /** A page of a pipeline, asked for something. */
  String page(String pipeline, String page, Map<String, String> query) {
    return page(pipeline, page) + query(query);
  }

  private static String query(Map<String, String> query) {
    return query.isEmpty()
        ? ""
        : query.entrySet().stream()
            .map(e -> encoded(e.getKey()) + "=" + encoded(e.getValue()))
            .collect(Collectors.joining("&", "?", ""));
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
