package io.outboxpipeline.bench;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import javax.tools.ToolProvider;

/**
 * A stand-in for the library's class {@code Outbox} that writes nothing. Put before the class path
 * of a base, it makes the same base without outbox rows: same server, validation, pool and
 * transaction.
 */
final class NoOutbox {
  private NoOutbox() {}

  /** Compiles it, and gives the folder for the class path. */
  static String classPath(Path folder) throws IOException {
    Path classes = Files.createDirectories(folder.resolve("no-outbox"));
    Path source = classes.resolve("Outbox.java");
    try (InputStream text =
        Objects.requireNonNull(NoOutbox.class.getResourceAsStream("/no-outbox/Outbox.java.txt"))) {
      Files.write(source, text.readAllBytes());
    }
    int failed =
        ToolProvider.getSystemJavaCompiler()
            .run(
                null,
                null,
                null,
                "-nowarn",
                "-proc:none",
                "-cp",
                System.getProperty("java.class.path"),
                "-d",
                classes.toString(),
                source.toString());
    if (failed != 0) {
      throw new IllegalStateException("cannot compile " + source);
    }
    return classes.toString();
  }
}
