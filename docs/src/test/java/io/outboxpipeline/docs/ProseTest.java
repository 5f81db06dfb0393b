package io.outboxpipeline.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.outboxpipeline.testkit.Command;
import io.outboxpipeline.testkit.Program;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The documents as proselint and the project's own rules read them. */
final class ProseTest {
  private static final Path CONFIG = Path.of("proselint.json").toAbsolutePath();

  @Test
  void the_project_s_rules_find_nothing() {
    assertThat(Unrevised.without().flatMap(d -> Prose.faults(d).stream())).isEmpty();
  }

  @Test
  void the_project_s_rules_find_what_they_are_for() {
    assertThat(faults("Who sees that all leases are free repartitions.")).hasSize(1);
    assertThat(faults("It goes. What is left stays.")).hasSize(1);
    assertThat(faults("It waits, for the third was cut off.")).hasSize(1);
    assertThat(faults("It polls in order to find rows.")).hasSize(1);
    assertThat(faults("| a | |\n|---|---|\n| 1 | 2 |\n")).hasSize(1);
    assertThat(
            faults(
                """
                What does it do? It waits for the lease. A place for the tests is there.

                | a | b |
                |---|---|
                | 1 | |
                """))
        .isEmpty();
  }

  private static List<String> faults(String text) {
    return Prose.faults(new Document("x.md", text));
  }

  @Test
  void proselint_finds_nothing(@TempDir Path folder) throws IOException {
    Command.Result result = proselint(folder, Unrevised.without());
    assertThat(result.output()).isEmpty();
    assertThat(result.exit()).as(result.errors()).isZero();
  }

  @Test
  void proselint_finds_what_it_is_for(@TempDir Path folder) throws IOException {
    var bad = new Document("x.md", "The the relay stays for ever.\n");
    assertThat(proselint(folder, Stream.of(bad)).output()).contains("x.md:1:1", "x.md:1:");
  }

  /** Runs it over what of the documents is prose, under their own names. */
  private static Command.Result proselint(Path folder, Stream<Document> documents)
      throws IOException {
    List<String> names =
        documents
            .map(
                d -> {
                  Path copy = folder.resolve(d.path());
                  try {
                    Files.createDirectories(copy.resolveSibling("x"));
                    Files.writeString(copy, d.prose());
                  } catch (IOException e) {
                    throw new UncheckedIOException(e);
                  }
                  return copy.toString();
                })
            .collect(Collectors.toList());
    names.addAll(0, List.of("check", "--config", CONFIG.toString()));
    Command.Result result = Program.PROSELINT.run(names.toArray(String[]::new));
    return new Command.Result(
        result.exit(), result.output().replace(folder + "/", ""), result.errors());
  }

  @Test
  void every_unrevised_document_exists() {
    assertThat(Document.all().stream().map(Document::path)).containsAll(Unrevised.DOCUMENTS);
  }
}
