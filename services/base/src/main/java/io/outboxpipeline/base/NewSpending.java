package io.outboxpipeline.base;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.NewEvent;
import io.outboxpipeline.runtime.Tracing;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.spi.JsonProvider;
import java.math.BigDecimal;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;

/**
 * A spending that is to be recorded.
 *
 * @param identity whose it is: the aggregate's id, 1 to 64 code points
 * @param name 1 to 100 code points
 * @param surname 1 to 100 code points
 * @param amount greater than 0, below 10¹⁸, with two decimals
 */
record NewSpending(String identity, String name, String surname, BigDecimal amount) {
  // Found once: Json.create… looks through the whole class path for its provider at each call.
  private static final JsonProvider JSON = JsonProvider.provider();
  static final String AGGREGATE_TYPE = "spending";
  static final String CREATED = "spending.created";

  /**
   * The event that tells of it, with what continues a trace. The amount is a text, because many
   * JSON readers know only doubles.
   */
  NewEvent event(Instant createdAt) {
    return new NewEvent(
        aggregate(),
        CREATED,
        "application/json",
        builder().add("createdAt", createdAt.toString()).build().toString().getBytes(UTF_8),
        Tracing.current());
  }

  Aggregate aggregate() {
    return new Aggregate(AGGREGATE_TYPE, identity);
  }

  JsonObject fields() {
    return builder().build();
  }

  private JsonObjectBuilder builder() {
    return JSON.createObjectBuilder()
        .add("identity", identity)
        .add("name", name)
        .add("surname", surname)
        .add("amount", amount.toPlainString());
  }

  /** Equal for requests that ask for the same, however they are written. */
  byte[] digest() {
    try {
      return MessageDigest.getInstance("SHA-256").digest(fields().toString().getBytes(UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
