package io.outboxpipeline.outbox;

import java.util.ArrayList;
import java.util.List;

/**
 * Tells the elements of a message apart by its brackets and strings alone, so that whatever is
 * wrong within one says nothing about the next.
 */
final class Batch {
  private Batch() {}

  sealed interface Part {}

  /** The text of one element, whatever it is. */
  record Element(String json) implements Part {}

  /** The array is broken from here on: where its next element would end is not known. */
  record Broken(String reason) implements Part {}

  /** The elements of an array, or the one thing that is no array. */
  static List<Part> split(String body) {
    int start = skipSpace(body, 0);
    if (start == body.length() || body.charAt(start) != '[') {
      return List.of(new Element(body));
    }
    List<Part> parts = new ArrayList<>();
    int at = skipSpace(body, start + 1);
    if (at < body.length() && body.charAt(at) == ']') {
      return List.of(new Broken("an empty batch"));
    }
    while (true) {
      int end = endOfElement(body, at);
      if (end < 0) {
        parts.add(new Broken("the batch is broken in or after event " + (parts.size() + 1)));
        return parts;
      }
      parts.add(new Element(body.substring(at, end)));
      if (body.charAt(end) == ']') {
        if (skipSpace(body, end + 1) < body.length()) {
          parts.add(new Broken("the message goes on after the batch"));
        }
        return parts;
      }
      at = skipSpace(body, end + 1);
    }
  }

  /** Where the comma or bracket after an element is; -1 if there is none. */
  private static int endOfElement(String body, int from) {
    int depth = 0;
    boolean quoted = false;
    for (int i = from; i < body.length(); i++) {
      char c = body.charAt(i);
      if (quoted) {
        if (c == '\\') {
          i++;
        } else if (c == '"') {
          quoted = false;
        }
        continue;
      }
      switch (c) {
        case '"' -> quoted = true;
        case '{', '[' -> depth++;
        case '}', ']' -> {
          if (depth == 0) {
            return c == ']' ? i : -1;
          }
          depth--;
        }
        case ',' -> {
          if (depth == 0) {
            return i;
          }
        }
        default -> {
          // Whatever it is, it belongs to the element.
        }
      }
    }
    return -1;
  }

  private static int skipSpace(String body, int from) {
    int i = from;
    while (i < body.length() && " \t\r\n".indexOf(body.charAt(i)) >= 0) {
      i++;
    }
    return i;
  }
}
