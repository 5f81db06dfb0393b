package io.outboxpipeline.helm.release;

import io.outboxpipeline.helm.release.Workflow.Job;
import io.outboxpipeline.helm.release.Workflow.Step;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What actionlint does not look at. Each rule is a function from a workflow to its faults. */
final class Rules {
  /** The place and the form of a condition that lets a job run in the one repository alone. */
  static final String HOME = "github.repository == vars.RELEASE_REPOSITORY";

  /** Which writes a release's jobs may have: to push and sign, or to show what was published. */
  private static final Map<String, Set<String>> WRITES =
      Map.of("publish", Set.of("id-token", "packages"), "page", Set.of("contents"));

  /**
   * Not a registry: where the project is, who says which workflow it was that signs, and what
   * Kubernetes' labels begin with.
   */
  private static final Set<String> HOSTS =
      Set.of(
          "github.com",
          "token.actions.githubusercontent.com",
          "app.kubernetes.io",
          "pod-security.kubernetes.io");

  private static final Pattern PINNED =
      Pattern.compile("uses: ([\\w./-]+@[0-9a-f]{40}) # v\\d+\\.\\d+\\.\\d+");
  private static final Pattern HOST =
      Pattern.compile("(?<![\\w.-])(?:[a-z0-9-]+\\.)+(?:com|io|org|net|dev|cloud|eu)\\b");
  private static final Pattern SIGNING = Pattern.compile("cosign (?:sign|attest|verify) .*");
  private static final Pattern BUILDS = Pattern.compile("\\bmvn\\b|\\.ci/(?:package|run)\\b");

  private Rules() {}

  /** A tag can be moved to another commit; whose version a commit is, only a comment says. */
  static List<String> unpinnedActions(Workflow workflow) {
    var pinned =
        Set.copyOf(PINNED.matcher(workflow.text()).results().map(m -> m.group(1)).toList());
    return Stream.concat(
            workflow.steps().map(Step::uses),
            workflow.jobs().stream().map(job -> job.node().path("uses").asText()))
        .filter(uses -> !uses.isEmpty() && !uses.startsWith("./") && !pinned.contains(uses))
        .map(uses -> uses + " is not pinned by its whole SHA with its version as comment")
        .toList();
  }

  /** Read on top, and a write only where it is used, beside no build. */
  static List<String> widePermissions(Workflow workflow) {
    var faults = new ArrayList<String>();
    if (!workflow.root().path("permissions").toString().equals("{\"contents\":\"read\"}")) {
      faults.add("the top does not say contents: read alone");
    }
    for (Job job : workflow.jobs()) {
      var more = new HashSet<>(job.writes());
      if (workflow.releases()) {
        more.removeAll(WRITES.getOrDefault(job.id(), Set.of()));
      }
      if (!more.isEmpty()) {
        faults.add(job.id() + " may write " + more);
      }
      if (!job.writes().isEmpty()
          && job.steps().stream().anyMatch(step -> BUILDS.matcher(step.run()).find())) {
        faults.add(job.id() + " builds with a token that may write");
      }
    }
    return faults;
  }

  /** What another run left must not get into what is signed. */
  static List<String> caches(Workflow workflow) {
    if (!workflow.releases()) {
      return List.of();
    }
    return workflow
        .steps()
        .filter(
            step ->
                step.uses().contains("cache")
                    // This one has a cache unless it is told otherwise.
                    || (step.uses().contains("setup-go") && !no(step, "cache"))
                    || step.with()
                        .propertyStream()
                        .anyMatch(e -> e.getKey().contains("cache") && !no(step, e.getKey())))
        .map(step -> step.uses() + " restores a cache into a release")
        .toList();
  }

  private static boolean no(Step step, String input) {
    return step.with().path(input).asText().equals("false");
  }

  /** These run with the repository's secrets on what a stranger wrote. */
  static List<String> dangerousTriggers(Workflow workflow) {
    return workflow.triggers().stream()
        .filter(Set.of("pull_request_target", "workflow_run", "issue_comment")::contains)
        .map(trigger -> "it is started by " + trigger)
        .toList();
  }

  /** Later steps must not find the token in the clone. */
  static List<String> keptCredentials(Workflow workflow) {
    return workflow
        .steps()
        .filter(step -> step.uses().startsWith("actions/checkout@"))
        .filter(step -> !no(step, "persist-credentials"))
        .map(step -> step.uses() + " leaves its credentials in the clone")
        .toList();
  }

  /** A tag may name another image by the time that it is signed. */
  static List<String> signedTags(Workflow workflow) {
    var faults = new ArrayList<String>();
    workflow
        .steps()
        .map(Step::run)
        .forEach(
            run -> {
              boolean checked = run.contains("[[ $image =~ @sha256:[0-9a-f]{64}$ ]] ||");
              SIGNING
                  .matcher(run.replace("\\\n", " "))
                  .results()
                  .map(m -> m.group())
                  .filter(line -> !(checked && line.contains(" \"$image\"")))
                  .forEach(line -> faults.add(line + ": nothing says that this is a digest"));
            });
    if (workflow.releases() && workflow.steps().noneMatch(s -> SIGNING.matcher(s.run()).find())) {
      faults.add("it signs nothing");
    }
    return faults;
  }

  /** A registry is a variable of the repository. */
  static List<String> hosts(String text) {
    return HOST.matcher(text)
        .results()
        .map(m -> m.group())
        .filter(host -> !HOSTS.contains(host))
        .map(host -> "the host " + host + " is written down")
        .distinct()
        .toList();
  }

  /** A fork releases nothing, by itself or by a job that waits for one that does not run. */
  static List<String> releasesOfForks(Workflow workflow) {
    if (!workflow.releases()) {
      return List.of();
    }
    var home = new HashSet<String>();
    var faults = new ArrayList<String>();
    boolean said = false;
    for (Job job : workflow.jobs()) {
      String condition = job.node().path("if").asText();
      if (condition.equals(HOME)
          || (condition.isEmpty() && job.needs().stream().anyMatch(home::contains))) {
        home.add(job.id());
      } else if (condition.equals(HOME.replace("==", "!="))) {
        said = job.steps().stream().anyMatch(step -> step.run().contains("::notice::"));
      } else {
        faults.add(job.id() + " runs in forks");
      }
    }
    if (!said) {
      faults.add("a fork is not told that nothing is released");
    }
    return faults;
  }

  /** What was downloaded must be what its checksum says. */
  static List<String> unchecked(String script) {
    return Stream.of(script.replace("\\\n", " ").split("\n", -1))
        .filter(line -> line.matches("\\s*mvn .*"))
        .filter(line -> !line.matches(".* (-C|--strict-checksums) .*"))
        .map(line -> line.strip() + ": takes what does not fit its checksum")
        .toList();
  }
}
