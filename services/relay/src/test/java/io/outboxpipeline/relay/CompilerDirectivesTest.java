package io.outboxpipeline.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The directives of the image's JVM name classes that this JDK has: one that renames them would run
 * the ciphers ten times slower, without a word.
 */
final class CompilerDirectivesTest {
  private static final Path DIRECTIVES = Path.of("src", "main", "jib", "app", "compiler.json");

  /** "package/Class.*" or "package/Class*.*". */
  private static final Pattern CLASS = Pattern.compile("\"([\\w/]+)/(\\w+)(\\*?)\\.\\*\"");

  @Test
  void each_names_a_class_of_this_jdk() throws IOException {
    List<MatchResult> named = CLASS.matcher(Files.readString(DIRECTIVES)).results().toList();
    assertThat(named)
        .hasSize(8)
        .allSatisfy(
            m ->
                assertThat(exists(m.group(1), m.group(2) + (m.group(3).isEmpty() ? ".class" : "")))
                    .as(m.group())
                    .isTrue());
  }

  private static boolean exists(String folder, String prefix) {
    Path classes =
        FileSystems.getFileSystem(URI.create("jrt:/")).getPath("modules", "java.base", folder);
    try (Stream<Path> files = Files.list(classes)) {
      return files.anyMatch(f -> f.getFileName().toString().startsWith(prefix));
    } catch (IOException e) {
      return false;
    }
  }
}
