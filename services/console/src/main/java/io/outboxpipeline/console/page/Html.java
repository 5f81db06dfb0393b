package io.outboxpipeline.console.page;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A piece of HTML. Text and values of attributes are escaped, and there is no way around that:
 * elements that hold anything but text and elements, and attributes that hold script or style,
 * can't be made. So no text from outside can become more than text. Immutable.
 */
final class Html {
  /** Nothing. */
  static final Html NONE = new Html("");

  private static final Set<String> ELEMENTS =
      Set.of(
          "a",
          "b",
          "body",
          "button",
          "caption",
          "code",
          "dd",
          "details",
          "div",
          "dl",
          "dt",
          "em",
          "fieldset",
          "footer",
          "form",
          "h1",
          "h2",
          "h3",
          "head",
          "header",
          "html",
          "input",
          "label",
          "legend",
          "li",
          "link",
          "main",
          "meta",
          "nav",
          "ol",
          "option",
          "p",
          "pre",
          "script",
          "section",
          "select",
          "span",
          "strong",
          "summary",
          "table",
          "tbody",
          "td",
          "th",
          "thead",
          "time",
          "title",
          "tr",
          "ul");

  private static final Set<String> EMPTY = Set.of("input", "link", "meta");

  private static final Set<String> ATTRIBUTES =
      Set.of(
          "action",
          "autocomplete",
          "checked",
          "class",
          "colspan",
          "content",
          "datetime",
          "for",
          "href",
          "http-equiv",
          "id",
          "lang",
          "maxlength",
          "method",
          "name",
          "open",
          "rel",
          "required",
          "role",
          "rowspan",
          "scope",
          "selected",
          "src",
          "tabindex",
          "title",
          "type",
          "value");

  private static final Set<String> LINKS = Set.of("href", "action", "src");

  /** A path or a fragment; browsers take a backslash for a slash, and two slashes for a host. */
  private static final Pattern HERE = Pattern.compile("#[\\w-]*|/(?![/\\\\])[^\\\\\\s]*");

  private static final Pattern MORE = Pattern.compile("(aria|data)-[a-z-]+");

  private final String markup;

  private Html(String markup) {
    this.markup = markup;
  }

  /** A text. */
  static Html text(String text) {
    return new Html(escaped(text));
  }

  /** A text of ours. */
  static Html text(Text text) {
    return text(text.english());
  }

  /** One after the other. */
  static Html all(Html... parts) {
    return all(Arrays.stream(parts));
  }

  /** One after the other. */
  static Html all(Stream<Html> parts) {
    var markup = new StringBuilder();
    parts.forEach(p -> markup.append(p.markup));
    return new Html(markup.toString());
  }

  /** An element without attributes. */
  static Html tag(String name, Html... content) {
    return tag(name).with(content);
  }

  /** An element with a text. */
  static Html tag(String name, Text text) {
    return tag(name).with(text(text));
  }

  /** An element to be. */
  static Tag tag(String name) {
    if (!ELEMENTS.contains(name)) {
      throw new IllegalArgumentException("no element " + name);
    }
    return new Tag(name, List.of());
  }

  /** An element's name and attributes. Immutable. */
  record Tag(String name, List<String> attributes) {

    /**
     * One more attribute.
     *
     * @throws IllegalArgumentException if it could hold script or style, or leads elsewhere
     */
    Tag set(String attribute, String value) {
      if (!ATTRIBUTES.contains(attribute) && !MORE.matcher(attribute).matches()) {
        throw new IllegalArgumentException("no attribute " + attribute);
      }
      if (LINKS.contains(attribute) && !HERE.matcher(value).matches()) {
        throw new IllegalArgumentException("a link that does not stay here");
      }
      var more = new ArrayList<>(attributes);
      more.add(" " + attribute + "=\"" + escaped(value) + "\"");
      return new Tag(name, more);
    }

    /** One more attribute, if that is so. */
    Tag set(String attribute, boolean is) {
      return is ? set(attribute, "") : this;
    }

    /** The element with its content. */
    Html with(Html... content) {
      return with(Arrays.stream(content));
    }

    /** The element with its content; a script has none. */
    Html with(Stream<Html> content) {
      Html inner = all(content);
      if (name.equals("script") && !inner.markup.isEmpty()) {
        throw new IllegalArgumentException("a script inside a page");
      }
      String start = "<" + name + String.join("", attributes) + ">";
      return new Html(EMPTY.contains(name) ? start : start + inner.markup + "</" + name + ">");
    }

    /** The element with a text. */
    Html text(String text) {
      return with(Html.text(text));
    }

    /** The element with a text of ours. */
    Html text(Text text) {
      return with(Html.text(text));
    }
  }

  private static String escaped(String text) {
    var out = new StringBuilder(text.length() + 16);
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '&' -> out.append("&amp;");
        case '<' -> out.append("&lt;");
        case '>' -> out.append("&gt;");
        case '"' -> out.append("&quot;");
        case '\'' -> out.append("&#39;");
        case 0 -> out.append('\uFFFD');
        default -> out.append(c);
      }
    }
    return out.toString();
  }

  /** As it is sent. */
  @Override
  public String toString() {
    return markup;
  }
}
