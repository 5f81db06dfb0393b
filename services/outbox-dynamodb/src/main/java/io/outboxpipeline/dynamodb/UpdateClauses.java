package io.outboxpipeline.dynamodb;

import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** An update expression by its clauses, each of which may stand once. Not thread-safe. */
final class UpdateClauses {

  /** What DynamoDB takes. */
  private static final int MAX_BYTES = 4096;

  private static final Pattern TOKEN = Pattern.compile("[#:]?[A-Za-z0-9_]+|\\S");

  enum Clause {
    SET,
    REMOVE,
    ADD,
    DELETE;

    static @Nullable Clause of(String token) {
      String upper = token.toUpperCase(Locale.ROOT);
      for (Clause clause : values()) {
        if (clause.name().equals(upper)) {
          return clause;
        }
      }
      return null;
    }
  }

  private final Map<Clause, String> actions = new EnumMap<>(Clause.class);

  /**
   * Reads the caller's.
   *
   * @throws IllegalArgumentException if a clause stands twice or is empty, brackets do not close,
   *     or there is anything before the first clause
   */
  static UpdateClauses parse(String expression) {
    var clauses = new UpdateClauses();
    Matcher token = TOKEN.matcher(expression);
    Clause open = null;
    int from = 0;
    int depth = 0;
    String before = "";
    while (token.find()) {
      String text = token.group();
      depth += text.equals("(") || text.equals("[") ? 1 : 0;
      depth -= text.equals(")") || text.equals("]") ? 1 : 0;
      Clause clause = depth == 0 && endsAction(before) ? Clause.of(text) : null;
      if (clause != null) {
        if (open != null) {
          clauses.put(open, expression.substring(from, token.start()));
        }
        open = clause;
        from = token.end();
        before = "";
      } else {
        if (open == null || depth < 0) {
          throw new IllegalArgumentException("not an update expression: " + expression);
        }
        before = text;
      }
    }
    if (open != null) {
      clauses.put(open, expression.substring(from));
    }
    if (depth != 0) {
      throw new IllegalArgumentException("brackets do not close: " + expression);
    }
    return clauses;
  }

  /** Whether a clause may begin after this: no action goes on. */
  private static boolean endsAction(String before) {
    return !before.matches("[,=+.(\\[-]");
  }

  private void put(Clause clause, String text) {
    if (text.isBlank()) {
      throw new IllegalArgumentException("the clause " + clause + " is empty");
    }
    if (actions.put(clause, text.strip()) != null) {
      throw new IllegalArgumentException("the clause " + clause + " stands twice");
    }
  }

  /** Adds an action. */
  UpdateClauses and(Clause clause, String action) {
    actions.merge(clause, action, (before, more) -> before + ", " + more);
    return this;
  }

  /**
   * The whole expression.
   *
   * @throws IllegalArgumentException if it is longer than DynamoDB takes
   */
  String text() {
    var text = new StringBuilder();
    actions.forEach((clause, a) -> text.append(clause.name()).append(' ').append(a).append(' '));
    String whole = text.toString().strip();
    if (whole.length() > MAX_BYTES) {
      throw new IllegalArgumentException("the update expression has more than 4 KB");
    }
    return whole;
  }
}
