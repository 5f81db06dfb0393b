package io.outboxpipeline.docs;

import static java.util.regex.Pattern.CASE_INSENSITIVE;
import static java.util.regex.Pattern.MULTILINE;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** One word for each thing: documents use none of the glossary's refused words. */
final class WordsTest {
  private static final Path GLOSSARY = Document.ROOT.resolve("docs/glossary.md");
  private static final String CODE = "## Words of the code\n";
  private static final String REFUSED = "## Refused words\n";
  private static final Pattern ROW = Pattern.compile("(?m)^\\| (.+?) \\| (.+?) \\|$");

  /** Each refused word with the one to use. */
  private static final Map<String, String> WORDS = refused();

  private static Map<String, String> refused() {
    String text = Document.read(GLOSSARY).text();
    return ROW.matcher(text.substring(text.indexOf(REFUSED)))
        .results()
        .filter(m -> !m.group(1).equals("not"))
        .collect(Collectors.toMap(m -> m.group(1), m -> m.group(2)));
  }

  private static List<String> found(Document document) {
    // A line may end within a word of several.
    String prose = document.prose();
    return WORDS.entrySet().stream()
        .flatMap(
            word ->
                Pattern.compile(
                        "\\b" + word.getKey().replace(" ", "\\s+") + "s?\\b", CASE_INSENSITIVE)
                    .matcher(prose)
                    .results()
                    .map(
                        m ->
                            document.path()
                                + ":"
                                + Document.line(prose, m)
                                + ": not \""
                                + word.getKey()
                                + "\" but \""
                                + word.getValue()
                                + "\""))
        .toList();
  }

  @Test
  void no_document_uses_a_refused_word() {
    List<String> all =
        Unrevised.without()
            .filter(d -> !d.path().equals("docs/glossary.md"))
            .flatMap(d -> found(d).stream())
            .toList();
    assertThat(all).isEmpty();
  }

  @Test
  void refused_words_are_found_in_sentences_alone() {
    assertThat(WORDS).hasSizeGreaterThan(10);
    assertThat(found(new Document("x.md", "One\nof the DLQs.")))
        .containsExactly("x.md:2: not \"DLQ\" but \"dead-letter queue\"");
    assertThat(found(new Document("x.md", "An SQS\npeer."))).hasSize(1);
    assertThat(found(new Document("x.md", "`DLQ` and [this](DLQ.md)\n```\nDLQ\n```\n    DLQ\n")))
        .isEmpty();
  }

  @Test
  void each_term_stands_in_the_glossary_once() {
    String text = Document.read(GLOSSARY).text();
    List<String> terms =
        ROW.matcher(
                text.substring(0, text.indexOf(REFUSED))
                    .replaceAll("(?m)^\\| (.+?) \\|.*$", "| $1 | x |"))
            .results()
            .flatMap(m -> Stream.of(m.group(1).split(", ")))
            .filter(t -> !t.equals("word") && !t.equals("in the code") && !t.equals("---|---"))
            .toList();
    assertThat(terms).hasSizeGreaterThan(60).doesNotHaveDuplicates();
  }

  @Test
  void each_type_that_the_glossary_explains_is_there() {
    String text = Document.read(GLOSSARY).text();
    String part = text.substring(text.indexOf(CODE), text.indexOf(REFUSED));
    String sources =
        Document.files(".java").stream()
            .filter(f -> f.toString().contains("/src/main/"))
            .map(f -> Document.read(f).text())
            .collect(Collectors.joining("\n"));
    List<String> names =
        ROW.matcher(part.replaceAll("(?m)^\\| (.+?) \\|.*$", "| $1 | x |"))
            .results()
            .flatMap(m -> Pattern.compile("`([A-Z]\\w+)`").matcher(m.group(1)).results())
            .map(m -> m.group(1))
            .toList();
    assertThat(names).hasSizeGreaterThan(40);
    assertThat(names)
        .allMatch(
            n ->
                Pattern.compile(
                        "\\b(?:class|record|interface|enum) " + n + "\\b|^ *" + n + "[,;]?$",
                        MULTILINE)
                    .matcher(sources)
                    .find());
  }
}
