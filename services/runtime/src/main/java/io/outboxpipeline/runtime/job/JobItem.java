package io.outboxpipeline.runtime.job;

import io.outboxpipeline.runtime.Problem.FieldError;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import java.util.List;
import java.util.regex.Pattern;

/**
 * One event, or missing number, of a job.
 *
 * @param number its place in the job, from 0 on
 * @param category what is wrong with it: quarantined, rejected, parked or conflict
 * @param source the outbox, as the consumer knows it; empty where it does not matter
 * @param sequence the event's, or the one that is missing
 * @param eventId empty for a missing number
 */
public record JobItem(
    int number,
    String category,
    String source,
    String aggregateType,
    String aggregateId,
    String sequence,
    String eventId) {
  private static final Pattern SEQUENCE = Pattern.compile("\\d{1,19}");

  /** Reads one; what is wrong with it is added to the errors. */
  static JobItem of(int number, JsonObject json, List<FieldError> errors) {
    String at = "/items/" + number + "/";
    var item =
        new JobItem(
            number,
            text(json, at, "category", 16, errors),
            text(json, at, "source", 255, errors),
            text(json, at, "aggregateType", 64, errors),
            text(json, at, "aggregateId", 255, errors),
            text(json, at, "sequence", 19, errors),
            text(json, at, "eventId", 255, errors));
    if (!SEQUENCE.matcher(item.sequence).matches()) {
      errors.add(new FieldError(at + "sequence", "must be a whole number, as a text"));
    }
    return item;
  }

  private static String text(
      JsonObject json, String at, String field, int longest, List<FieldError> errors) {
    if (!json.containsKey(field)) {
      return "";
    }
    if (json.get(field) instanceof JsonString text
        && text.getString().codePointCount(0, text.getString().length()) <= longest) {
      return text.getString();
    }
    errors.add(new FieldError(at + field, "must be a text of at most " + longest + " characters"));
    return "";
  }
}
