package io.outboxpipeline.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/** The commands that the project's README shows for Kubernetes, block by block. */
final class Readme {
  private static final Path FILE = Path.of("..", "..", "README.md");
  private static final Pattern SECTION = Pattern.compile("(?s)\n## On Kubernetes\n(.*?)\n## ");
  private static final Pattern BLOCK = Pattern.compile("(?s)```bash\n(.*?)```");

  private final List<String> blocks;

  Readme() {
    try {
      var section = SECTION.matcher(Files.readString(FILE));
      if (!section.find()) {
        throw new IllegalStateException("the README has no section on Kubernetes");
      }
      blocks = BLOCK.matcher(section.group(1)).results().map(m -> m.group(1)).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  String install() {
    return block(0, "helm install");
  }

  String post() {
    return block(1, "curl");
  }

  String change() {
    return block(2, "kubectl scale");
  }

  String remove() {
    return block(3, "helm uninstall");
  }

  private String block(int number, String has) {
    String block = blocks.get(number);
    if (!block.contains(has)) {
      throw new IllegalStateException("not " + has + ":\n" + block);
    }
    return block;
  }
}
