package io.outboxpipeline.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Each command of the top README is run by a test, or its section says that none runs it. */
final class CommandsTest {
  private static final Pattern SECTION = Pattern.compile("(?ms)^## (.+?)\n(.*?)(?=^## |\\z)");
  private static final Pattern BLOCK = Pattern.compile("(?ms)^ *```(\\w*)\n(.*?)^ *```$");

  /** Sections whose blocks something reads from the README, and what that is. */
  private static final List<List<String>> RUN =
      List.of(
          List.of("Run it", "", ".ci/quickstart"),
          List.of("Test it", "", ".ci/run"),
          List.of(
              "On Kubernetes",
              "bash",
              "helm/cluster/src/test/java/io/outboxpipeline/cluster/Readme.java"));

  private static List<String> unrun(String readme) {
    var unrun = new ArrayList<String>();
    SECTION
        .matcher(readme)
        .results()
        .forEach(
            section ->
                BLOCK
                    .matcher(section.group(2))
                    .results()
                    .filter(block -> !block.group(1).equals("text"))
                    .filter(
                        block ->
                            RUN.stream()
                                .noneMatch(
                                    r ->
                                        r.get(0).equals(section.group(1))
                                            && r.get(1).equals(block.group(1))))
                    .filter(block -> !section.group(2).replace('\n', ' ').contains("No test runs "))
                    .forEach(block -> unrun.add(section.group(1) + ": " + block.group(2))));
    return unrun;
  }

  @Test
  void every_command_of_the_readme_is_run_or_said_not_to_be() {
    String readme = Document.read(Document.ROOT.resolve("README.md")).text();
    assertThat(BLOCK.matcher(readme).results()).hasSizeGreaterThan(6);
    assertThat(unrun(readme)).isEmpty();
  }

  @Test
  void a_command_that_nothing_runs_is_found() {
    assertThat(unrun("## New\n```\nrm -rf /\n```\n")).containsExactly("New: rm -rf /\n");
    assertThat(unrun("## On Kubernetes\n```\nkubectl delete\n```\n")).hasSize(1);
    assertThat(unrun("## New\n```\nls\n```\nNo test\nruns this.\n## Run it\n```\nls\n```\n"))
        .isEmpty();
    assertThat(unrun("## New\n```text\nan answer\n```\n")).isEmpty();
  }

  @Test
  void what_runs_them_reads_the_readme_or_does_the_same() {
    for (List<String> run : RUN) {
      String script = Document.read(Document.ROOT.resolve(run.get(2))).text();
      assertThat(script).as(run.get(2)).containsAnyOf("README.md", "mvn -B --no-transfer-progress");
    }
  }
}
