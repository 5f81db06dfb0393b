package io.outboxpipeline.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Every reason that the operator gives, in a condition or an Event, is explained to operators. */
final class ReasonsTest {
  private static final Path OPERATOR =
      Document.ROOT.resolve("operator/src/main/java/io/outboxpipeline/operator");

  /** A reason is a word of several humps. */
  private static final Pattern REASON = Pattern.compile("\"((?:[A-Z][a-z]+){2,})\"");

  /** Words of that form that are none: of Kubernetes, of AWS, and what stands where all is well. */
  private static final Set<String> OTHERS =
      Set.of(
          "AccessDenied",
          "AllOwned",
          "ExpiredToken",
          "InvalidClientTokenId",
          "LeasesInDatabase",
          "NewReplicaSetAvailable",
          "NotObserved",
          "NotPaused",
          "NotStalled",
          "OutboxPipelineTlsOnly",
          "PodScheduled",
          "SignatureDoesNotMatch",
          "SystemOut",
          "UnknownOperationException");

  @Test
  void each_is_on_a_page_for_operators() {
    String pages =
        Document.all().stream()
            .filter(
                d -> d.path().startsWith("docs/operations/") || d.path().startsWith("operator/"))
            .map(Document::text)
            .collect(Collectors.joining());
    Set<String> reasons = reasons();
    assertThat(reasons).contains("QueueNotOurs", "ReconcileFailed", "TableNotAsNeeded");
    assertThat(reasons).containsAll(List.of("ProgressDeadlineExceeded", "ClaimedByAnother"));
    reasons.removeAll(OTHERS);
    reasons.removeIf(pages::contains);
    assertThat(reasons).isEmpty();
  }

  private static Set<String> reasons() {
    var reasons = new TreeSet<String>();
    for (Path file : Document.files(".java")) {
      if (file.startsWith(OPERATOR)
          && !file.startsWith(OPERATOR.resolve("api"))
          && !file.startsWith(OPERATOR.resolve("model"))) {
        REASON.matcher(read(file)).results().map(m -> m.group(1)).forEach(reasons::add);
      }
    }
    return reasons;
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
