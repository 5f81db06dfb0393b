package io.outboxpipeline.console.model;

import io.outboxpipeline.console.model.Pipeline.Question;
import jakarta.json.JsonObject;
import java.util.List;
import java.util.OptionalInt;

/**
 * One aggregate.
 *
 * @param slot unknown if no relay answers
 * @param waiting its first events that are committed and not yet known to be sent
 * @param chains how far consumers are, for each source
 * @param applied the last events that the consumer applied, where it can tell
 * @param problems that hold it
 */
public record AggregateView(
    String type,
    String id,
    OptionalInt slot,
    List<Waiting> waiting,
    List<ChainView> chains,
    List<Applied> applied,
    List<Problem> problems,
    List<Trouble> troubles) {

  private static final int LISTED = 100;

  public AggregateView {
    waiting = List.copyOf(waiting);
    chains = List.copyOf(chains);
    applied = List.copyOf(applied);
    problems = List.copyOf(problems);
    troubles = List.copyOf(troubles);
  }

  /** An event in the outbox. */
  public record Waiting(String eventId, String sequence, String eventType, String committedAt) {}

  /**
   * A chain at the consumer.
   *
   * @param standstill none, parked, rejected or conflict
   */
  public record ChainView(String source, String last, String standstill, List<Kept> kept) {

    public ChainView {
      kept = List.copyOf(kept);
    }
  }

  /** An event that the consumer keeps. */
  public record Kept(String eventId, String sequence, String eventType, String reason) {}

  /** An event that is applied. */
  public record Applied(String eventId, String sequence, String appliedAt) {}

  /** Asks relays and consumers at once. */
  public static AggregateView of(Pipeline pipeline, String type, String id) {
    String path =
        "/admin/aggregate?limit=%s&aggregateType=%s&aggregateId=%s"
            .formatted(LISTED, Pipeline.encoded(type), Pipeline.encoded(id));
    List<Asked> asked =
        pipeline.ask(List.of(new Question(Kind.RELAY, path), new Question(Kind.CONSUMER, path)));
    Problems all = Problems.of(pipeline);
    return new AggregateView(
        type,
        id,
        asked
            .getFirst()
            .json()
            .map(j -> OptionalInt.of(j.getInt("slot", 0)))
            .orElse(OptionalInt.empty()),
        asked.getFirst().list("items").stream().map(AggregateView::waiting).toList(),
        asked.getLast().list("items").stream().map(AggregateView::chain).toList(),
        asked.getLast().list("applied").stream().map(AggregateView::applied).toList(),
        all.items().stream()
            .filter(p -> p.aggregateType().equals(type) && p.aggregateId().equals(id))
            .toList(),
        asked.stream().flatMap(a -> a.troubles().stream()).toList());
  }

  private static Waiting waiting(JsonObject i) {
    return new Waiting(
        i.getString("eventId"),
        i.getString("sequence"),
        i.getString("eventType"),
        i.getString("committedAt"));
  }

  private static ChainView chain(JsonObject i) {
    return new ChainView(
        i.getString("source"),
        i.getString("last"),
        i.getString("standstill"),
        i.getJsonArray("kept").getValuesAs(JsonObject.class).stream()
            .map(
                k ->
                    new Kept(
                        k.getString("eventId"),
                        k.getString("sequence"),
                        k.getString("eventType"),
                        k.getString("reason", "")))
            .toList());
  }

  private static Applied applied(JsonObject i) {
    return new Applied(i.getString("eventId"), i.getString("sequence"), i.getString("appliedAt"));
  }
}
