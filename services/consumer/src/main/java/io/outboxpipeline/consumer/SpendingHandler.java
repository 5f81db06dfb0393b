package io.outboxpipeline.consumer;

import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.outboxpipeline.inbox.EventHandler;
import io.outboxpipeline.inbox.RejectedEventException;
import io.outboxpipeline.inbox.RejectedEventException.Rejection;
import io.outboxpipeline.outbox.Event;
import java.io.IOException;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The worked example's part: writes each {@code spending.created} into {@code obt_spending}.
 * Thread-safe.
 */
final class SpendingHandler implements EventHandler {
  static final String CREATED = "spending.created";

  private static final int ROWS_PER_INSERT = 200;
  private static final int MAX_IDENTITY = 64;
  private static final int MAX_NAME = 100;
  private static final int INTEGER_DIGITS = 18;
  private static final int DECIMALS = 2;

  /** Numbers stay as they were written: no double in between. */
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  private record Spending(
      Event event, String name, String surname, BigDecimal amount, Instant createdAt) {}

  /** What a payload lacks, told to a person without showing any of it: it may be a secret. */
  private static final class NotUnderstood extends Exception {
    private static final long serialVersionUID = 1;

    NotUnderstood(String message) {
      super(message, null, false, false);
    }
  }

  @Override
  public void apply(Connection transaction, List<Event> run)
      throws SQLException, RejectedEventException {
    List<Spending> spendings = new ArrayList<>(run.size());
    List<Rejection> rejections = new ArrayList<>();
    for (Event event : run) {
      try {
        spendings.add(read(event));
      } catch (NotUnderstood e) {
        rejections.add(new Rejection(event, String.valueOf(e.getMessage())));
      }
    }
    if (!rejections.isEmpty()) {
      throw new RejectedEventException(rejections);
    }
    for (int from = 0; from < spendings.size(); from += ROWS_PER_INSERT) {
      insert(
          transaction, spendings.subList(from, Math.min(spendings.size(), from + ROWS_PER_INSERT)));
    }
  }

  private static void insert(Connection transaction, List<Spending> spendings) throws SQLException {
    String sql =
        """
        INSERT INTO obt_spending (identity, sequence, event_id, name, surname, amount, created_at, trace_id, applied_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, UTC_TIMESTAMP(6))\
        """
            + ", (?, ?, ?, ?, ?, ?, ?, ?, UTC_TIMESTAMP(6))".repeat(spendings.size() - 1);
    try (var s = transaction.prepareStatement(sql)) {
      int column = 1;
      for (Spending spending : spendings) {
        s.setString(column++, spending.event.aggregate().id());
        s.setLong(column++, spending.event.sequence());
        s.setString(column++, spending.event.id().toString());
        s.setString(column++, spending.name);
        s.setString(column++, spending.surname);
        s.setBigDecimal(column++, spending.amount);
        s.setObject(
            column++,
            LocalDateTime.ofInstant(
                spending.createdAt.truncatedTo(ChronoUnit.MICROS), ZoneOffset.UTC));
        s.setString(column++, Traces.id(spending.event.headers()).orElse(null));
      }
      s.executeUpdate();
    }
  }

  private static Spending read(Event event) throws NotUnderstood {
    JsonNode json;
    try {
      json = JSON.readTree(event.payload());
    } catch (IOException e) {
      throw new NotUnderstood("the payload is not JSON");
    }
    if (!json.isObject()) {
      throw new NotUnderstood("the payload is not a JSON object");
    }
    String identity = text(json, "identity", MAX_IDENTITY);
    if (!identity.equals(event.aggregate().id())) {
      throw new NotUnderstood("identity is not the id of the event's aggregate");
    }
    return new Spending(
        event,
        text(json, "name", MAX_NAME),
        text(json, "surname", MAX_NAME),
        amount(json.path("amount")),
        time(text(json, "createdAt", MAX_NAME)));
  }

  private static String text(JsonNode json, String field, int max) throws NotUnderstood {
    JsonNode value = json.path(field);
    if (!value.isTextual()) {
      throw new NotUnderstood(field + " is missing or not a string");
    }
    String text = value.textValue();
    int length = text.codePointCount(0, text.length());
    if (length < 1 || length > max) {
      throw new NotUnderstood(field + " has " + length + " characters, not 1 to " + max);
    }
    return text;
  }

  private static BigDecimal amount(JsonNode value) throws NotUnderstood {
    BigDecimal amount;
    try {
      amount =
          value.isTextual()
                  && value.textValue().length() <= StreamReadConstraints.DEFAULT_MAX_NUM_LEN
              ? new BigDecimal(value.textValue())
              : value.isNumber() ? value.decimalValue() : null;
    } catch (NumberFormatException e) {
      throw new NotUnderstood("amount is a string that is no number");
    }
    if (amount == null) {
      throw new NotUnderstood("amount is missing or neither a number nor a string");
    }
    BigDecimal plain = amount.stripTrailingZeros();
    // As a long, for the scale may be anything that an exponent says.
    if (plain.scale() > DECIMALS || (long) plain.precision() - plain.scale() > INTEGER_DIGITS) {
      throw new NotUnderstood(
          String.format(
              Locale.ROOT,
              "amount has more than %d decimals or %d digits before the point",
              DECIMALS,
              INTEGER_DIGITS));
    }
    return plain.setScale(DECIMALS);
  }

  private static Instant time(String text) throws NotUnderstood {
    try {
      return OffsetDateTime.parse(text).toInstant();
    } catch (DateTimeException e) {
      throw new NotUnderstood("createdAt is no time with an offset");
    }
  }
}
