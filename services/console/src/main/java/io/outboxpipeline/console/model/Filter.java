package io.outboxpipeline.console.model;

import io.outboxpipeline.console.model.Problem.Category;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which problems are meant. The list, the count and the action all use it, so that they mean the
 * same ones.
 *
 * @param aggregateId exact; empty for any, as all texts here
 * @param reason a part of it, in any case
 * @param keys of single problems; empty for any
 */
public record Filter(
    Optional<Category> category,
    String aggregateType,
    String aggregateId,
    String eventType,
    String reason,
    Set<String> keys) {

  /** All problems. */
  public static final Filter ALL = new Filter(Optional.empty(), "", "", "", "", Set.of());

  public Filter {
    keys = Set.copyOf(keys);
  }

  /** These problems alone. */
  public Filter withKeys(Set<String> only) {
    return new Filter(category, aggregateType, aggregateId, eventType, reason, only);
  }

  /** Whether a problem is meant. */
  public boolean matches(Problem p) {
    return category.map(c -> c == p.category()).orElse(true)
        && (aggregateType.isEmpty() || aggregateType.equals(p.aggregateType()))
        && (aggregateId.isEmpty() || aggregateId.equals(p.aggregateId()))
        && (eventType.isEmpty() || eventType.equals(p.eventType()))
        && (reason.isEmpty() || lower(p.reason()).contains(lower(reason)))
        && (keys.isEmpty() || keys.contains(p.key()));
  }

  /** The fields that are set, by the names that the API and the page use; without keys. */
  public Map<String, String> fields() {
    var fields = new LinkedHashMap<String, String>();
    category.ifPresent(c -> fields.put("category", c.code()));
    fields.put("aggregateType", aggregateType);
    fields.put("aggregateId", aggregateId);
    fields.put("eventType", eventType);
    fields.put("reason", reason);
    fields.values().removeIf(String::isEmpty);
    return fields;
  }

  private static String lower(String text) {
    return text.toLowerCase(Locale.ROOT);
  }
}
