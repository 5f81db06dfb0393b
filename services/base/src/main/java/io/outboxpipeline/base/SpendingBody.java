package io.outboxpipeline.base;

import io.helidon.http.Status;
import io.outboxpipeline.runtime.Problem.FieldError;
import io.outboxpipeline.runtime.ProblemException;
import jakarta.json.JsonNumber;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** Reads a request's JSON, and names everything that is wrong with it at once. */
final class SpendingBody {
  static final int MAX_IDENTITY = 64;
  static final int MAX_NAME = 100;

  private static final int INTEGER_DIGITS = 18;
  private static final int DECIMALS = 2;
  private static final int MAX_NUMBER = 64;
  private static final Pattern DECIMAL = Pattern.compile("-?\\d+(\\.\\d+)?");
  private static final Set<String> FIELDS = Set.of("identity", "name", "surname", "amount");

  private final JsonObject body;
  private final List<FieldError> errors = new ArrayList<>();

  private SpendingBody(JsonObject body) {
    this.body = body;
  }

  /**
   * The spending that a body describes.
   *
   * @throws ProblemException 400 with every bad field
   */
  static NewSpending read(JsonObject body) {
    return new SpendingBody(body).read();
  }

  private NewSpending read() {
    var spending =
        new NewSpending(
            text("identity", MAX_IDENTITY),
            text("name", MAX_NAME),
            text("surname", MAX_NAME),
            amount());
    body.keySet().stream()
        .filter(name -> !FIELDS.contains(name))
        .forEach(name -> wrong(name, "is not a field of a spending"));
    if (!errors.isEmpty()) {
      throw new ProblemException(
          Status.BAD_REQUEST_400, "The spending has fields that are wrong.", errors);
    }
    return spending;
  }

  private String text(String name, int max) {
    JsonValue value = body.get(name);
    if (value == null || value.getValueType() == JsonValue.ValueType.NULL) {
      wrong(name, "is missing");
      return "";
    }
    if (!(value instanceof JsonString string)) {
      wrong(name, "must be a string");
      return "";
    }
    String text = string.getString();
    int length = text.codePointCount(0, text.length());
    if (length < 1 || length > max) {
      wrong(name, "must have 1 to " + max + " characters, has " + length);
    } else if (hasLoneSurrogate(text)) {
      wrong(name, "has half of a surrogate pair, which is no character");
    }
    return text;
  }

  private BigDecimal amount() {
    JsonValue value = body.get("amount");
    if (value == null || value.getValueType() == JsonValue.ValueType.NULL) {
      wrong("amount", "is missing");
      return BigDecimal.ZERO;
    }
    return switch (value) {
      case JsonNumber number -> exact(number.toString(), true);
      case JsonString string -> exact(string.getString(), false);
      default -> {
        wrong("amount", "must be a number, or a string that is one, such as \"12.50\"");
        yield BigDecimal.ZERO;
      }
    };
  }

  private BigDecimal exact(String text, boolean json) {
    if (text.length() > MAX_NUMBER || !(json || DECIMAL.matcher(text).matches())) {
      wrong("amount", "must be a decimal number, such as \"12.50\"");
      return BigDecimal.ZERO;
    }
    BigDecimal amount = new BigDecimal(text);
    if (amount.signum() <= 0) {
      wrong("amount", "must be greater than 0");
      return BigDecimal.ZERO;
    }
    amount = amount.stripTrailingZeros();
    // As longs, for the scale may be anything that an exponent says.
    if ((long) amount.precision() - amount.scale() > INTEGER_DIGITS) {
      wrong("amount", "must have at most " + INTEGER_DIGITS + " digits before the point");
      return BigDecimal.ZERO;
    }
    if (amount.scale() > DECIMALS) {
      wrong("amount", "must have at most " + DECIMALS + " decimals; it is not rounded");
      return BigDecimal.ZERO;
    }
    return amount.setScale(DECIMALS);
  }

  static boolean hasLoneSurrogate(String text) {
    return text.codePoints()
        .anyMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE);
  }

  private void wrong(String field, String message) {
    // A JSON pointer (RFC 6901) escapes these two.
    errors.add(new FieldError("/" + field.replace("~", "~0").replace("/", "~1"), message));
  }
}
