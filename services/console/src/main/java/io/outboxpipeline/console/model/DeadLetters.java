package io.outboxpipeline.console.model;

import io.outboxpipeline.console.ask.Answer;
import jakarta.json.JsonArray;
import jakarta.json.JsonNumber;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.spi.JsonProvider;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/**
 * Some of the dead letters, and their way back. One consumer is asked, because a look hides what is
 * looked at for a moment; the state of a redrive is the consumers', whatever becomes of this
 * process.
 *
 * @param count about how many there are; unknown while they are moved
 * @param letters some of them, the first to expire first
 * @param redrives the last ones, the newest first
 */
public record DeadLetters(
    String queue,
    OptionalLong count,
    List<Letter> letters,
    List<Redrive> redrives,
    List<Trouble> troubles) {
  // Found once: Json.create… looks through the whole class path for its provider at each call.
  private static final JsonProvider JSON = JsonProvider.provider();

  public DeadLetters {
    letters = List.copyOf(letters);
    redrives = List.copyOf(redrives);
    troubles = List.copyOf(troubles);
  }

  /**
   * A message.
   *
   * @param expiresAt in UTC; empty if not known
   * @param events that can be read in it, the first ones
   */
  public record Letter(
      String messageId,
      String reason,
      String receives,
      String since,
      String expiresAt,
      long bytes,
      List<LetterEvent> events) {

    public Letter {
      events = List.copyOf(events);
    }
  }

  /** An event in a message. The trace is empty if it belongs to none. */
  public record LetterEvent(
      String eventId,
      String aggregateType,
      String aggregateId,
      String sequence,
      String eventType,
      String traceId) {}

  /**
   * A redrive as the consumers keep it.
   *
   * @param state running, finished, gave-up or stopped
   * @param filter which letters it moves; empty for all
   */
  public record Redrive(
      String id,
      String askedAt,
      String state,
      long total,
      long perSecond,
      long moved,
      long again,
      long failed,
      String trouble,
      String why,
      Map<String, String> filter) {

    public Redrive {
      filter = Map.copyOf(filter);
    }

    public boolean running() {
      return state.equals("running");
    }
  }

  /** Letters with the same reason; the time is that at which the first of them expires. */
  public record Group(String reason, long count, String expiresAt) {}

  /**
   * Asks a consumer; nothing is looked at while letters are moved.
   *
   * @param filter which are shown, of those that are looked at; without category and keys
   */
  public static DeadLetters of(Pipeline pipeline, Filter filter) {
    Asked redrives = pipeline.askOne(Kind.CONSUMER, "/admin/dead-letters/redrives");
    Asked look = pipeline.askOne(Kind.CONSUMER, "/admin/dead-letters" + query(filter));
    JsonObject json = look.json().orElse(JsonObject.EMPTY_JSON_OBJECT);
    return new DeadLetters(
        json.getString("queue", ""),
        json.get("approximateCount") instanceof JsonNumber n
            ? OptionalLong.of(n.longValue())
            : OptionalLong.empty(),
        look.list("items").stream()
            .map(DeadLetters::letter)
            .sorted(Comparator.comparing(Letter::expiresAt).thenComparing(Letter::since))
            .toList(),
        redrives.list("items").stream().map(DeadLetters::redrive).toList(),
        look.troubles());
  }

  private static String query(Filter filter) {
    return filter.fields().entrySet().stream()
        .map(f -> f.getKey() + "=" + Pipeline.encoded(f.getValue()))
        .collect(Collectors.joining("&", filter.fields().isEmpty() ? "" : "?", ""));
  }

  /** Those that were looked at by reason, the most frequent first. */
  public List<Group> groups() {
    Map<String, Group> groups = new LinkedHashMap<>();
    for (Letter l : letters) {
      groups.merge(
          l.reason(),
          new Group(l.reason(), 1, l.expiresAt()),
          (a, b) -> new Group(a.reason, a.count + 1, a.expiresAt));
    }
    return groups.values().stream()
        .sorted(Comparator.comparingLong(Group::count).reversed())
        .toList();
  }

  /**
   * Asks for a redrive. The same id twice is one redrive.
   *
   * @param filter which are moved; without category and keys
   * @param why kept by the consumers; says who decided, too
   */
  public static Answer redrive(
      Pipeline pipeline, String id, long count, long perSecond, Filter filter, String why) {
    var body =
        JSON.createObjectBuilder().add("id", id).add("count", count).add("perSecond", perSecond);
    // A consumer that knows no filters would move all, so these have a path of their own.
    String path = "/admin/dead-letters/redrive";
    if (!filter.fields().isEmpty()) {
      path += "-matching";
      var fields = JSON.createObjectBuilder();
      filter.fields().forEach(fields::add);
      body.add("filter", fields);
    }
    return pipeline.tell(
        Kind.CONSUMER, path + "?why=" + Pipeline.encoded(why), Optional.of(body.build()));
  }

  /** Ends a redrive that runs. */
  public static Answer stop(Pipeline pipeline, String id, String why) {
    return pipeline.tell(
        Kind.CONSUMER,
        "/admin/dead-letters/stop?why=" + Pipeline.encoded(why),
        Optional.of(JSON.createObjectBuilder().add("id", id).build()));
  }

  private static Letter letter(JsonObject i) {
    JsonArray events = i.getJsonArray("events");
    return new Letter(
        text(i, "messageId"),
        text(i, "reason"),
        text(i, "receives"),
        text(i, "since"),
        text(i, "expiresAt"),
        number(i, "bytes"),
        events == null
            ? List.of()
            : events.getValuesAs(JsonObject.class).stream()
                .map(
                    e ->
                        new LetterEvent(
                            text(e, "eventId"),
                            text(e, "aggregateType"),
                            text(e, "aggregateId"),
                            text(e, "sequence"),
                            text(e, "eventType"),
                            text(e, "traceId")))
                .toList());
  }

  private static Redrive redrive(JsonObject i) {
    return new Redrive(
        text(i, "id"),
        text(i, "askedAt"),
        text(i, "state"),
        number(i, "total"),
        number(i, "perSecond"),
        number(i, "moved"),
        number(i, "again"),
        number(i, "failed"),
        text(i, "trouble"),
        text(i, "why"),
        filter(i));
  }

  private static Map<String, String> filter(JsonObject i) {
    Map<String, String> filter = new LinkedHashMap<>();
    if (i.get("filter") instanceof JsonObject fields) {
      fields.keySet().forEach(name -> filter.put(name, text(fields, name)));
    }
    return filter;
  }

  private static String text(JsonObject i, String field) {
    return i.get(field) instanceof JsonString s ? s.getString() : "";
  }

  private static long number(JsonObject i, String field) {
    return i.get(field) instanceof JsonNumber n ? n.longValue() : 0;
  }
}
