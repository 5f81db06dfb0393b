package io.outboxpipeline.console.model;

import io.outboxpipeline.console.model.Pipeline.Question;
import jakarta.json.JsonObject;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** What people decided, the newest first, as relay and consumer keep it. */
public record Decisions(List<Decision> items, List<Trouble> troubles) {
  private static final int LISTED = 100;

  public Decisions {
    items = List.copyOf(items);
    troubles = List.copyOf(troubles);
  }

  /**
   * One decision.
   *
   * @param at in UTC, by the database that keeps it
   * @param about the event's id, or the aggregate and the number
   * @param token the name of the admin token that carried it out
   */
  public record Decision(
      String at,
      Kind by,
      String decision,
      String about,
      String token,
      String address,
      String why) {}

  /** Asks relays and consumers at once. */
  public static Decisions of(Pipeline pipeline) {
    String path = "/admin/decisions?limit=" + LISTED;
    List<Asked> asked =
        pipeline.ask(List.of(new Question(Kind.RELAY, path), new Question(Kind.CONSUMER, path)));
    Stream<Decision> relays =
        asked.getFirst().list("items").stream()
            .map(i -> decision(Kind.RELAY, i, i.getString("eventId", "")));
    Stream<Decision> consumers =
        asked.getLast().list("items").stream()
            .map(
                i ->
                    decision(
                        Kind.CONSUMER,
                        i,
                        "%s %s, number %s"
                            .formatted(
                                i.getString("aggregateType", ""),
                                i.getString("aggregateId", ""),
                                i.getString("sequence", ""))));
    return new Decisions(
        Stream.concat(relays, consumers)
            .sorted(Comparator.comparing(Decision::at).reversed())
            .limit(LISTED)
            .toList(),
        asked.stream().flatMap(a -> a.troubles().stream()).toList());
  }

  private static Decision decision(Kind by, JsonObject i, String about) {
    return new Decision(
        i.getString("at", ""),
        by,
        i.getString("decision", ""),
        about,
        i.getString("token", ""),
        i.getString("address", ""),
        i.getString("why", ""));
  }
}
