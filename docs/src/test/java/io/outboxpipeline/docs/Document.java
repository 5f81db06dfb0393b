package io.outboxpipeline.docs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A Markdown file.
 *
 * @param path below the repository's root, with slashes
 */
record Document(String path, String text) {
  static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

  private static final Pattern FENCE = Pattern.compile("(?ms)^( *)(```+)[^\n]*\n.*?^\\1\\2 *$");
  private static final Pattern INDENTED = Pattern.compile("(?m)^(    |\t).*$");
  private static final Pattern CODE = Pattern.compile("`+[^`]+`+");
  private static final Pattern COMMENT = Pattern.compile("(?s)<!--.*?-->");
  private static final Pattern LINK = Pattern.compile("\\]\\(([^()\\s]+)\\)");
  private static final Pattern HEADING = Pattern.compile("(?m)^#{1,6} +(.+?) *#*$");
  private static final Pattern NAMED = Pattern.compile("<a (?:id|name)=\"([^\"]+)\"");

  /** Every Markdown file of the repository, but for what a build makes. */
  static List<Document> all() {
    return files(".md").stream().map(Document::read).toList();
  }

  /** Files whose names end so, but for what a build makes. */
  static List<Path> files(String ending) {
    var found = new ArrayList<Path>();
    find(ROOT, ending, found);
    return found;
  }

  private static void find(Path folder, String ending, List<Path> found) {
    try (Stream<Path> entries = Files.list(folder)) {
      for (Path entry : entries.sorted().toList()) {
        String name = String.valueOf(entry.getFileName());
        if (!Files.isDirectory(entry)) {
          if (name.endsWith(ending)) {
            found.add(entry);
          }
        } else if (!Set.of("target", ".git", ".idea", "node_modules").contains(name)) {
          find(entry, ending, found);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Document read(Path file) {
    try {
      String path = ROOT.relativize(file.toAbsolutePath().normalize()).toString();
      return new Document(path.replace('\\', '/'), Files.readString(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What a person reads as sentences: code is left out, lines stay where they are. */
  String prose() {
    String rest = blank(FENCE, text);
    rest = blank(COMMENT, rest);
    rest = blank(INDENTED, rest);
    rest = CODE.matcher(rest).replaceAll("CODE");
    return LINK.matcher(rest).replaceAll("]");
  }

  private static String blank(Pattern pattern, String text) {
    return pattern
        .matcher(text)
        .replaceAll(m -> "\n".repeat((int) m.group().chars().filter(c -> c == '\n').count()));
  }

  /** Where its links lead, as written. */
  List<String> links() {
    String rest = CODE.matcher(blank(FENCE, text)).replaceAll("CODE");
    return LINK.matcher(rest).results().map(m -> m.group(1)).toList();
  }

  /** Which code it names in backticks. */
  List<String> code() {
    return CODE.matcher(blank(FENCE, text)).results().map(MatchResult::group).toList();
  }

  /** The anchors of its headings, as GitHub makes them, and those that are written out. */
  Set<String> anchors() {
    var anchors = new TreeSet<String>();
    Map<String, Integer> times = new HashMap<>();
    HEADING
        .matcher(blank(FENCE, text))
        .results()
        .forEach(
            m -> {
              String anchor = anchor(m.group(1));
              int before = times.merge(anchor, 1, Integer::sum) - 1;
              anchors.add(before == 0 ? anchor : anchor + "-" + before);
            });
    NAMED.matcher(text).results().forEach(m -> anchors.add(m.group(1)));
    return anchors;
  }

  private static String anchor(String heading) {
    return heading
        .replaceAll("\\[([^]]*)]\\([^)]*\\)", "$1")
        .toLowerCase(Locale.ROOT)
        .replaceAll("[^\\p{L}\\p{N}\\p{M}_ -]", "")
        .replace(' ', '-');
  }

  /** In which line a match is, counted from 1. */
  static int line(String text, MatchResult match) {
    return 1 + (int) text.substring(0, match.start()).chars().filter(c -> c == '\n').count();
  }
}
