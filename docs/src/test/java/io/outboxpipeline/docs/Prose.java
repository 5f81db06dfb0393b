package io.outboxpipeline.docs;

import java.util.List;
import java.util.regex.Pattern;

/**
 * The project's own rules of prose, beside those of proselint, as far as a pattern can see them.
 */
final class Prose {
  private record Rule(Pattern pattern, String why) {}

  private static final List<Rule> RULES =
      List.of(
          new Rule(
              Pattern.compile(
                  "(?m)(?:^|[.!?:] )(?:Who|What|Whoever|Whatever) [^.?!\n|]*(?=[.!:\n|])"),
              "a sentence begins with its subject, not with \"who\" or \"what\""),
          new Rule(
              Pattern.compile(
                  ", for (?:the|a|an|it|they|its|each|there|both|two|ids) \\w+ (?:\\w+ )?"
                      + "(?:is|are|was|were|has|have|can|would|need|costs?|takes?|deletes?|flushes)\\b"),
              "\"because\", not \"for\""),
          new Rule(
              Pattern.compile(
                  "(?i)\\b(?:needless to say|obviously|simply put|leverages?|utili[sz]es?|in order to)\\b"),
              "a word that says nothing"),
          new Rule(
              Pattern.compile("(?m)^\\|(?:[^\n]*\\|)? +\\|[^\n]*\n\\|(?: ?:?-+:? ?\\|)+$"),
              "a table's columns have headings"));

  private Prose() {}

  /** What is wrong with a document's sentences and tables. */
  static List<String> faults(Document document) {
    String prose = document.prose();
    return RULES.stream()
        .flatMap(
            rule ->
                rule.pattern()
                    .matcher(prose)
                    .results()
                    .map(
                        m ->
                            document.path()
                                + ":"
                                + Document.line(prose, m)
                                + ": "
                                + rule.why()
                                + ": "
                                + m.group().strip()))
        .toList();
  }
}
