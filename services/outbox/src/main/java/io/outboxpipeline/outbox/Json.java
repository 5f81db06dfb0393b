package io.outboxpipeline.outbox;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * JSON as tokens. Texts and numbers pass as they are written: no double, no {@code BigDecimal}, and
 * no document tree in between. Thread-safe.
 */
final class Json {
  /**
   * How deep a payload may nest. Far below what readers have in general (1,000 in Jackson, 512 in
   * PHP), because a message adds levels of its own.
   */
  static final int MAX_NESTING = 500;

  private static final int MAX_NUMBER = 1000;
  private static final int MAX_READ_NESTING = 1000;

  /** Without tables of names: an unlucky set of them would make the same document fail later. */
  static final JsonFactory FACTORY =
      JsonFactory.builder()
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .streamReadConstraints(constraints(MAX_READ_NESTING))
          .build();

  private static final JsonFactory STRICT =
      JsonFactory.builder()
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .streamReadConstraints(constraints(MAX_NESTING))
          .build();

  private Json() {}

  private static StreamReadConstraints constraints(int nesting) {
    return StreamReadConstraints.builder()
        .maxNestingDepth(nesting)
        .maxNumberLength(MAX_NUMBER)
        .maxNameLength(50_000)
        .maxStringLength(20_000_000)
        .build();
  }

  /**
   * Refuses bytes that are not one JSON document that every reader takes for the same.
   *
   * @throws IllegalArgumentException with the reason, which shows nothing of the payload
   */
  static void check(byte[] payload) {
    try (JsonParser in = STRICT.createParser(text(payload))) {
      begin(in);
      checkValue(in);
      end(in);
    } catch (JsonProcessingException e) {
      throw refused(e);
    } catch (IOException e) {
      throw new IllegalArgumentException("content type is JSON and the payload is not", e);
    }
  }

  /** Passes the value whose first token the parser is at; ends at its last. */
  private static void checkValue(JsonParser in) throws IOException {
    int depth = 0;
    JsonToken token = in.currentToken();
    while (true) {
      switch (token) {
        case START_OBJECT, START_ARRAY -> depth++;
        case END_OBJECT, END_ARRAY -> depth--;
        case FIELD_NAME, VALUE_STRING -> whole(in.getText());
        case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> number(in.getText());
        default -> {
          // true, false and null have nothing to be checked.
        }
      }
      if (depth == 0) {
        return;
      }
      token = next(in);
    }
  }

  private static JsonToken next(JsonParser in) throws IOException {
    JsonToken token = in.nextToken();
    if (token == null) {
      throw new IllegalArgumentException("the JSON ends within a value");
    }
    return token;
  }

  /**
   * A payload's tokens, without the white space between them. Unlike {@link #check} it passes names
   * that stand twice in an object, because it changes nothing about them.
   *
   * @throws IllegalArgumentException with the reason, which shows nothing of the payload
   */
  static void copy(byte[] payload, JsonGenerator out) throws IOException {
    try (JsonParser in = FACTORY.createParser(text(payload))) {
      begin(in);
      copyValue(in, out);
      end(in);
    } catch (JsonProcessingException e) {
      throw refused(e);
    }
  }

  private static void begin(JsonParser in) throws IOException {
    if (in.nextToken() == null) {
      throw new IllegalArgumentException("content type is JSON and the payload is empty");
    }
  }

  private static void end(JsonParser in) throws IOException {
    if (in.nextToken() != null) {
      throw new IllegalArgumentException("content type is JSON and the payload goes on after it");
    }
  }

  /** Copies the value whose first token the parser is at; ends at its last. */
  static void copyValue(JsonParser in, JsonGenerator out) throws IOException {
    int depth = 0;
    JsonToken token = in.currentToken();
    while (true) {
      switch (token) {
        case START_OBJECT -> {
          out.writeStartObject();
          depth++;
        }
        case START_ARRAY -> {
          out.writeStartArray();
          depth++;
        }
        case END_OBJECT -> {
          out.writeEndObject();
          depth--;
        }
        case END_ARRAY -> {
          out.writeEndArray();
          depth--;
        }
        case FIELD_NAME -> out.writeFieldName(whole(in.getText()));
        case VALUE_STRING -> out.writeString(whole(in.getText()));
        case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> out.writeNumber(number(in.getText()));
        case VALUE_TRUE -> out.writeBoolean(true);
        case VALUE_FALSE -> out.writeBoolean(false);
        case VALUE_NULL -> out.writeNull();
        case NOT_AVAILABLE, VALUE_EMBEDDED_OBJECT ->
            throw new IllegalStateException("a text has no token " + token);
      }
      if (depth == 0) {
        return;
      }
      token = next(in);
    }
  }

  private static String whole(String text) {
    if (Texts.hasLoneSurrogate(text)) {
      throw new IllegalArgumentException("the JSON has a text with half of a surrogate pair");
    }
    return text;
  }

  private static String number(String digits) {
    if (digits.length() > MAX_NUMBER) {
      throw new IllegalArgumentException(
          "the JSON has a number of more than " + MAX_NUMBER + " characters");
    }
    return digits;
  }

  /** The text of a payload that must be UTF-8: nothing overlong, no surrogates, no mark. */
  private static String text(byte[] payload) {
    try {
      // The decoder that refuses takes longer. The other one puts U+FFFD for what it can't read.
      String text = new String(payload, StandardCharsets.UTF_8);
      if (text.indexOf('\uFFFD') >= 0) {
        text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(payload)).toString();
      }
      if (text.startsWith("\ufeff")) {
        throw new IllegalArgumentException(
            "content type is JSON and the payload begins with a byte order mark");
      }
      return text;
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException(
          "content type is JSON and the payload is not valid UTF-8", e);
    }
  }

  private static IllegalArgumentException refused(JsonProcessingException e) {
    return new IllegalArgumentException("content type is JSON and the payload is not: " + why(e));
  }

  /** What is wrong and where, without showing any of the text: it may be a secret. */
  static String why(JsonProcessingException e) {
    String message = String.valueOf(e.getOriginalMessage());
    String what =
        e instanceof StreamConstraintsException
            ? message
            : message.startsWith("Duplicate") ? "a name twice in one object" : "malformed";
    var at = e.getLocation();
    return at == null
        ? what
        : what + " (line " + at.getLineNr() + ", column " + at.getColumnNr() + ")";
  }
}
