package io.outboxpipeline.docs;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Whether links within the repository lead anywhere. */
final class Links {
  private Links() {}

  /** A document's links that lead nowhere, each with the reason. */
  static List<String> broken(Document document) {
    return document.links().stream()
        .filter(link -> !link.matches("[a-z]+:.*"))
        .flatMap(link -> why(document, link).stream().map(why -> link + ": " + why))
        .toList();
  }

  private static Optional<String> why(Document document, String link) {
    String[] parts = link.split("#", 2);
    if (parts[0].isEmpty()) {
      return in(document, parts[1]);
    }
    Path there = Document.ROOT.resolve(document.path()).resolveSibling(parts[0]).normalize();
    if (!there.startsWith(Document.ROOT)) {
      return Optional.of("outside of the repository");
    }
    if (!Files.exists(there)) {
      return Optional.of("no such file");
    }
    return parts.length == 1 ? Optional.empty() : why(there, parts[1]);
  }

  private static Optional<String> why(Path there, String anchor) {
    // Of a folder GitHub shows the README.
    Path file = Files.isDirectory(there) ? there.resolve("README.md") : there;
    if (!file.toString().endsWith(".md") || !Files.exists(file)) {
      return Optional.of("an anchor in a file without headings");
    }
    return in(Document.read(file), anchor);
  }

  private static Optional<String> in(Document document, String anchor) {
    return document.anchors().contains(anchor) ? Optional.empty() : Optional.of("no such heading");
  }

  /**
   * Why a runbook's address leads to no heading of this version, if so. The end of its path is a
   * file of the repository, whatever host shows that.
   */
  static Optional<String> runbook(String address) {
    URI uri = URI.create(address);
    String path = uri.getPath();
    while (path.contains("/")) {
      path = path.substring(path.indexOf('/') + 1);
      Path file = Document.ROOT.resolve(path);
      if (!path.isEmpty() && Files.isRegularFile(file)) {
        return uri.getFragment() == null
            ? Optional.of("names no heading")
            : why(file, uri.getFragment());
      }
    }
    return Optional.of("no such file");
  }
}
