package io.outboxpipeline.console.model;

import io.outboxpipeline.console.model.Pipeline.Question;
import io.outboxpipeline.console.model.Problem.Category;
import jakarta.json.JsonNumber;
import jakarta.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * All that waits for a decision, the oldest first.
 *
 * @param capped whether there may be more than a service lists at once
 * @param deadLetters about how many messages are in the dead-letter queue; empty if unknown
 */
public record Problems(
    List<Problem> items,
    boolean capped,
    OptionalLong deadLetters,
    String deadLetterQueue,
    List<Trouble> troubles) {

  /** What a service lists at most. */
  static final int LISTED = 1000;

  public Problems {
    items = List.copyOf(items);
    troubles = List.copyOf(troubles);
  }

  /**
   * Problems of one category with the same reason.
   *
   * @param waiting behind all of them
   * @param since the oldest
   */
  public record Group(
      Category category, String reason, int count, long waiting, Instant since, long ageSeconds) {

    private static Group of(Problem p) {
      return new Group(p.category(), p.reason(), 1, p.waiting(), p.since(), p.ageSeconds());
    }

    private Group and(Group other) {
      return new Group(
          category,
          reason,
          count + other.count,
          waiting + other.waiting,
          since.isBefore(other.since) ? since : other.since,
          Math.max(ageSeconds, other.ageSeconds));
    }
  }

  /** Asks for all at once. */
  public static Problems of(Pipeline pipeline) {
    String limit = "?limit=" + LISTED;
    List<Asked> asked =
        pipeline.ask(
            List.of(
                new Question(Kind.RELAY, "/admin/quarantine"),
                new Question(Kind.CONSUMER, "/admin/rejected" + limit),
                new Question(Kind.CONSUMER, "/admin/parked" + limit),
                new Question(Kind.CONSUMER, "/admin/conflicts" + limit),
                new Question(Kind.CONSUMER, "/admin/queue")));
    List<Problem> items = new ArrayList<>();
    asked.get(0).list("items").forEach(i -> items.add(event(Category.QUARANTINED, i)));
    asked.get(1).list("items").forEach(i -> items.add(event(Category.REJECTED, i)));
    asked.get(2).list("items").forEach(i -> items.add(missing(i)));
    asked.get(3).list("items").forEach(i -> items.add(event(Category.CONFLICT, i)));
    boolean capped = asked.stream().anyMatch(a -> a.list("items").size() >= LISTED);
    items.sort(
        Comparator.comparing(Problem::since)
            .thenComparing(Problem::category)
            .thenComparing(Problem::aggregateType)
            .thenComparing(Problem::aggregateId)
            .thenComparing(Problem::key));
    JsonObject queue = asked.get(4).json().orElse(JsonObject.EMPTY_JSON_OBJECT);
    return new Problems(
        items,
        capped,
        queue.get("deadLetters") instanceof JsonNumber n
            ? OptionalLong.of(n.longValue())
            : OptionalLong.empty(),
        queue.getString("deadLetterQueue", ""),
        asked.stream().flatMap(a -> a.troubles().stream()).distinct().toList());
  }

  private static Problem event(Category category, JsonObject i) {
    return of(
        category,
        i,
        text(i, "sequence"),
        i.getString("reason", ""),
        i.get("waiting") instanceof JsonNumber n ? n.longValue() : 0);
  }

  private static Problem missing(JsonObject i) {
    return of(
        Category.PARKED,
        i,
        text(i, "missing"),
        "",
        i.get("count") instanceof JsonNumber n ? n.longValue() : 0);
  }

  private static Problem of(
      Category category, JsonObject i, String sequence, String reason, long waiting) {
    Instant since = Instant.parse(i.getString("since", Instant.EPOCH.toString()));
    long age =
        i.get("ageSeconds") instanceof JsonNumber n
            ? n.longValue()
            : Math.max(0, Duration.between(since, Instant.now()).toSeconds());
    return new Problem(
        category,
        i.getString("source", ""),
        i.getString("aggregateType", ""),
        i.getString("aggregateId", ""),
        sequence,
        i.getString("eventId", ""),
        i.getString("eventType", ""),
        reason,
        since,
        age,
        waiting);
  }

  /** Numbers as texts: none is rounded on its way. */
  private static String text(JsonObject i, String field) {
    return i.get(field) instanceof JsonNumber n ? n.bigIntegerValue().toString() : "";
  }

  /** Those that a filter means. */
  public List<Problem> matching(Filter filter) {
    return items.stream().filter(filter::matches).toList();
  }

  /** Grouped by category and reason, the largest group first. */
  public static List<Group> groups(List<Problem> problems) {
    Map<List<Object>, Group> groups = new LinkedHashMap<>();
    problems.forEach(p -> groups.merge(List.of(p.category(), p.reason()), Group.of(p), Group::and));
    return groups.values().stream()
        .sorted(Comparator.comparingInt(Group::count).reversed())
        .toList();
  }
}
