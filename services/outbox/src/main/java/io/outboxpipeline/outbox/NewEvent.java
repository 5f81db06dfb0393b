package io.outboxpipeline.outbox;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * An event that is not in the outbox yet: it has no id and no sequence number.
 *
 * @param aggregate what it happened to
 * @param type what happened, such as {@code spending.created}; 1 to 255 code points
 * @param contentType the payload's media type, 1 to 127 characters; a JSON payload must be valid
 *     JSON
 * @param payload at most 16 MiB − 1, though SQS takes no message over 1 MiB; not copied, not to be
 *     changed by the caller afterwards
 * @param headers CloudEvents extension attributes to travel along, such as {@code traceparent}:
 *     names of 1 to 20 characters a–z and 0–9, none that the codec or CloudEvents itself uses
 */
@SuppressWarnings("ArrayRecordComponent") // events are not compared by value
public record NewEvent(
    Aggregate aggregate,
    String type,
    String contentType,
    byte[] payload,
    Map<String, String> headers) {

  /** How many bytes a payload may have: what the column holds. */
  public static final int MAX_PAYLOAD = (1 << 24) - 1;

  private static final Pattern HEADER = Pattern.compile("[a-z0-9]{1,20}");
  private static final Set<String> RESERVED =
      Set.of(
          "specversion",
          "id",
          "source",
          "type",
          "subject",
          "time",
          "data",
          "datacontenttype",
          "dataschema",
          "aggregatetype",
          "sequence",
          "partitionkey",
          "epoch");

  public NewEvent {
    Texts.check("event type", type, 255);
    Texts.check("content type", contentType, 127);
    if (payload.length > MAX_PAYLOAD) {
      throw new IllegalArgumentException("payload is larger than " + MAX_PAYLOAD + " bytes");
    }
    for (String name : headers.keySet()) {
      if (!HEADER.matcher(name).matches() || RESERVED.contains(name)) {
        throw new IllegalArgumentException(
            "header name \"" + name + "\" is reserved or not 1 to 20 characters a-z, 0-9");
      }
    }
    CloudEventsCodec.requireJsonIfPromised(contentType, payload);
    headers = Map.copyOf(headers);
  }

  /** An event whose payload is JSON. */
  public static NewEvent json(Aggregate aggregate, String type, String json) {
    return new NewEvent(aggregate, type, Event.JSON, json.getBytes(UTF_8), Map.of());
  }

  /** The same event with one more header. */
  public NewEvent withHeader(String name, String value) {
    var more = new LinkedHashMap<>(headers);
    more.put(name, value);
    return new NewEvent(aggregate, type, contentType, payload, more);
  }
}
