package io.outboxpipeline.outbox;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.EnumMap;
import java.util.Map;

/**
 * How texts are parameters of a statement. A connection may have another character set than the
 * tables, without half of the characters.
 */
enum TextForm {
  /** Every character is the same in all character sets, and needs no escape. */
  PLAIN("?"),
  /**
   * Bytes that the server is told to be UTF-8. It takes longer to resolve the function than to
   * write the text.
   */
  BYTES("CONVERT(? USING utf8mb4)");

  /** The parameter in a statement. */
  final String parameter;

  TextForm(String parameter) {
    this.parameter = parameter;
  }

  /** A statement in each form, which replaces {@code %1$s}. */
  static Map<TextForm, String> inEach(String sql) {
    var all = new EnumMap<TextForm, String>(TextForm.class);
    for (TextForm form : values()) {
      all.put(form, sql.formatted(form.parameter));
    }
    return all;
  }

  /** The form of an aggregate's texts. */
  static TextForm of(Aggregate aggregate) {
    return of(aggregate.type()) == PLAIN ? of(aggregate.id()) : BYTES;
  }

  static TextForm of(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < ' ' || c > '~' || c == '\'' || c == '"' || c == '\\') {
        return BYTES;
      }
    }
    return PLAIN;
  }

  /** The form that both can have. */
  TextForm and(TextForm other) {
    return this == PLAIN ? other : BYTES;
  }

  void set(PreparedStatement s, int column, String text) throws SQLException {
    switch (this) {
      case PLAIN -> s.setString(column, text);
      case BYTES -> s.setBytes(column, text.getBytes(UTF_8));
    }
  }
}
