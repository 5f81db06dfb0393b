package io.outboxpipeline.helm.release;

import static org.assertj.core.api.Assertions.assertThat;

import io.outboxpipeline.testkit.Command;
import io.outboxpipeline.testkit.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The workflows as they are, and the same with one thing wrong. */
final class WorkflowsTest {
  private static final Path ROOT = Path.of("..");
  private static final Path FOLDER = ROOT.resolve(".github/workflows");
  private static final Workflow CI = Workflow.read(FOLDER.resolve("ci.yml"));
  private static final Workflow RELEASE = Workflow.read(FOLDER.resolve("release.yml"));

  /** What one rule finds in a workflow. */
  interface Rule extends Function<Workflow, List<String>> {}

  private static final List<Rule> ALL =
      List.of(
          Rules::unpinnedActions,
          Rules::widePermissions,
          Rules::caches,
          Rules::dangerousTriggers,
          Rules::keptCredentials,
          Rules::signedTags,
          Rules::releasesOfForks,
          workflow -> Rules.hosts(workflow.text()));

  @Test
  void actionlint_finds_nothing() throws IOException {
    try (Stream<Path> files = Files.list(FOLDER)) {
      List<String> names = files.map(Path::toString).sorted().toList();
      assertThat(names).hasSize(2);
      Command.Result result = Program.ACTIONLINT.run(names.toArray(String[]::new));
      assertThat(result.output() + result.errors()).isEmpty();
    }
  }

  @Test
  void the_rules_find_nothing() {
    assertThat(ALL).allSatisfy(rule -> assertThat(rule.apply(CI)).isEmpty());
    assertThat(ALL).allSatisfy(rule -> assertThat(rule.apply(RELEASE)).isEmpty());
  }

  @Test
  void no_script_names_a_registry_and_a_release_checks_what_it_downloads() throws IOException {
    try (Stream<Path> scripts = Files.list(ROOT.resolve(".ci"))) {
      for (Path script : scripts.toList()) {
        assertThat(Rules.hosts(Files.readString(script))).as("%s", script).isEmpty();
      }
    }
    assertThat(Rules.unchecked(RELEASE.text())).isEmpty();
    assertThat(Rules.unchecked(Files.readString(ROOT.resolve(".ci/package")))).isEmpty();
  }

  @Test
  void the_readme_s_command_verifies_what_the_release_does() throws IOException {
    String readme = Files.readString(ROOT.resolve("services/images/README.md"));
    assertThat(readme)
        .contains("cosign verify", "--certificate-oidc-issuer", "--certificate-identity");
    assertThat(
            verified(
                readme
                    .replace("OWNER/NAME", "$GITHUB_REPOSITORY")
                    .replace("refs/tags/v0.1.0", "$GITHUB_REF")))
        .isEqualTo(verified(RELEASE.text()));
  }

  /** What a certificate must say. */
  private static List<String> verified(String text) {
    return text.lines()
        .flatMap(line -> Stream.of(line.strip().split("(?=--certificate)", -1)))
        .filter(word -> word.startsWith("--certificate"))
        .map(word -> word.replaceAll("[\\\\\"]| >.*", "").strip())
        .toList();
  }

  static Stream<Arguments> broken() {
    return Stream.of(
        // Actions.
        release(Rules::unpinnedActions, "@3d3c42e5aac5ba805825da76410c181273ba90b1 #", "@v7 #"),
        release(
            Rules::unpinnedActions, "@3d3c42e5aac5ba805825da76410c181273ba90b1 #", "@3d3c42e #"),
        release(Rules::unpinnedActions, " # v4.1.2", ""),
        release(Rules::unpinnedActions, " # v4.1.2", " # latest"),
        ci(Rules::unpinnedActions, "@b6effb05e454b25005698d916606bdc6ffcbf961", "@main"),
        ci(
            Rules::unpinnedActions,
            "  verify:\n",
            "  more:\n    uses: a/b/.github/workflows/c.yml@v1\n  verify:\n"),
        // Permissions.
        ci(Rules::widePermissions, "permissions:\n  contents: read\n", ""),
        ci(Rules::widePermissions, "permissions:\n  contents: read\n", "permissions: write-all\n"),
        ci(
            Rules::widePermissions,
            "permissions:\n  contents: read\n",
            "permissions:\n  contents: read\n  packages: write\n"),
        ci(Rules::widePermissions, "  verify:\n", "  verify:\n    permissions: write-all\n"),
        ci(
            Rules::widePermissions,
            "  verify:\n",
            "  verify:\n    permissions:\n      id-token: write\n"),
        release(Rules::widePermissions, "actions: read", "id-token: write"),
        release(
            Rules::widePermissions,
            "      packages: write\n",
            "      packages: write\n      contents: write\n"),
        release(
            Rules::widePermissions,
            ".ci/publish \"$REGISTRY\"",
            ".ci/package x && .ci/publish \"$REGISTRY\""),
        release(
            Rules::widePermissions,
            "      - run: gh release",
            "      - run: mvn -B deploy\n      - run: gh release"),
        // Caches.
        release(
            Rules::caches,
            "java-version: \"25\"\n",
            "java-version: \"25\"\n          cache: maven\n"),
        release(Rules::caches, "uses: sigstore/cosign-installer@", "uses: actions/setup-go@"),
        release(Rules::caches, "uses: sigstore/cosign-installer@", "uses: actions/cache@"),
        release(Rules::caches, "uses: sigstore/cosign-installer@", "uses: actions/cache/restore@"),
        // Triggers.
        ci(Rules::dangerousTriggers, "  pull_request:\n", "  pull_request_target:\n"),
        ci(
            Rules::dangerousTriggers,
            "on:\n  push:\n    branches: [main]\n  pull_request:\n",
            "on: pull_request_target\n"),
        ci(
            Rules::dangerousTriggers,
            "on:\n  push:\n    branches: [main]\n  pull_request:\n",
            "on: [push, workflow_run]\n"),
        // Credentials.
        ci(Rules::keptCredentials, "persist-credentials: false", "persist-credentials: true"),
        release(
            Rules::keptCredentials, "        with:\n          persist-credentials: false\n", ""),
        // Signatures.
        release(
            Rules::signedTags,
            "cosign sign --yes \"$image\"",
            "cosign sign --yes \"$REGISTRY/relay:$GITHUB_REF_NAME\""),
        release(
            Rules::signedTags,
            "--predicate \"$sbom\" \"$image\"",
            "--predicate \"$sbom\" \"${image%@*}:1\""),
        release(
            Rules::signedTags, "[[ $image =~ @sha256:[0-9a-f]{64}$ ]] ||", "[[ -n $image ]] ||"),
        release(Rules::signedTags, "cosign ", "echo "),
        // Forks.
        release(Rules::releasesOfForks, "    if: " + Rules.HOME + "\n", ""),
        release(Rules::releasesOfForks, "    needs: build\n", ""),
        release(
            Rules::releasesOfForks, "    needs: build\n", "    needs: build\n    if: always()\n"),
        release(Rules::releasesOfForks, "::notice::", ""),
        // Registries.
        release(w -> Rules.hosts(w.text()), "$REGISTRY\"", "registry.example.com/x\""),
        ci(w -> Rules.hosts(w.text()), "unix:///nowhere", "https://mirror.example.org"),
        // Checksums.
        release(
            w -> Rules.unchecked(w.text()),
            "          tools=$(.ci/tools helm)\n",
            "          mvn -B deploy\n"));
  }

  private static Arguments ci(Rule rule, String right, String wrong) {
    return Arguments.of(CI, rule, right, wrong);
  }

  private static Arguments release(Rule rule, String right, String wrong) {
    return Arguments.of(RELEASE, rule, right, wrong);
  }

  @ParameterizedTest(name = "{2} -> {3}")
  @MethodSource("broken")
  void one_thing_wrong_is_found(Workflow workflow, Rule rule, String right, String wrong) {
    String changed = workflow.text().replace(right, wrong);
    assertThat(changed).isNotEqualTo(workflow.text());
    assertThat(rule.apply(Workflow.parse(changed))).isNotEmpty();
  }
}
