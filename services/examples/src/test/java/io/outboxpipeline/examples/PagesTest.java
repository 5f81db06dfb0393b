package io.outboxpipeline.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

final class PagesTest {
  private static final Pattern CODE = Pattern.compile("```java\\n(.*?)```", Pattern.DOTALL);

  /** Whatever the formatter makes of it. */
  private static String squeezed(String code) {
    return code.replaceAll("\\s+", "");
  }

  @Test
  void what_the_page_shows_is_what_is_run() throws IOException {
    Path folder = Path.of("src/test/java/io/outboxpipeline/examples");
    String run =
        squeezed(
            Files.readString(folder.resolve("JooqOrders.java"))
                + Files.readString(folder.resolve("JtaOrders.java")));
    List<String> shown =
        CODE.matcher(Files.readString(Path.of("README.md")))
            .results()
            .map(m -> m.group(1))
            .toList();
    assertThat(shown).hasSizeGreaterThan(2);
    assertThat(shown).allSatisfy(code -> assertThat(run).contains(squeezed(code)));
  }
}
