package io.outboxpipeline.console.model;

import io.outboxpipeline.console.model.AggregateView.Applied;
import io.outboxpipeline.console.model.AggregateView.ChainView;
import io.outboxpipeline.console.model.AggregateView.Kept;
import io.outboxpipeline.console.model.AggregateView.Waiting;
import io.outboxpipeline.console.model.EventSearch.Found;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Where an event is.
 *
 * @param sequence empty if not known
 * @param at when it was committed or applied, or since when it stands, in UTC; empty if not known
 * @param reason why it can't be sent, or was rejected, or is in conflict; or the number that is
 *     missing before it
 * @param before how many events of its aggregate go first
 * @param aggregate its aggregate, if that is known
 */
public record EventPlace(
    Place place,
    String eventId,
    String sequence,
    String at,
    String reason,
    long before,
    Optional<AggregateView> aggregate) {

  /** The places, in the order of an event's way. */
  public enum Place {
    /** Committed, and not yet known to be sent. */
    OUTBOX,
    QUARANTINED,
    PARKED,
    REJECTED,
    CONFLICT,
    APPLIED,
    /** Nothing that can be asked has it now. */
    NOT_FOUND,
    /** Not among the rows that were looked at; with the aggregate it may be found. */
    AGGREGATE_NEEDED;

    /** As the API writes it. */
    public String code() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /**
   * Looks for an event.
   *
   * @param type of its aggregate; empty if not known
   */
  public static EventPlace find(Pipeline pipeline, String eventId, String type, String id) {
    if (type.isEmpty() || id.isEmpty()) {
      return Problems.of(pipeline).items().stream()
          .filter(p -> p.eventId().equals(eventId))
          .findFirst()
          .map(p -> new Found(p.aggregateType(), p.aggregateId(), eventId, p.sequence()))
          .or(() -> EventSearch.ofEvent(pipeline, eventId))
          .filter(f -> !f.aggregateType().isEmpty() && !f.aggregateId().isEmpty())
          .map(f -> find(pipeline, eventId, f.aggregateType(), f.aggregateId()))
          .orElseGet(() -> nowhere(Place.AGGREGATE_NEEDED, eventId, Optional.empty()));
    }
    AggregateView aggregate = AggregateView.of(pipeline, type, id);
    return standing(aggregate, eventId)
        .or(() -> waiting(aggregate, eventId))
        .or(() -> kept(aggregate, eventId))
        .or(() -> applied(aggregate, eventId))
        .orElseGet(() -> nowhere(Place.NOT_FOUND, eventId, Optional.of(aggregate)));
  }

  private static EventPlace nowhere(
      Place place, String eventId, Optional<AggregateView> aggregate) {
    return new EventPlace(place, eventId, "", "", "", 0, aggregate);
  }

  private static Optional<EventPlace> standing(AggregateView aggregate, String eventId) {
    return aggregate.problems().stream()
        .filter(p -> p.eventId().equals(eventId))
        .findFirst()
        .map(
            p ->
                new EventPlace(
                    Place.valueOf(p.category().name()),
                    eventId,
                    p.sequence(),
                    p.since().toString(),
                    p.reason(),
                    0,
                    Optional.of(aggregate)));
  }

  private static Optional<EventPlace> waiting(AggregateView aggregate, String eventId) {
    List<Waiting> all = aggregate.waiting();
    for (int i = 0; i < all.size(); i++) {
      Waiting w = all.get(i);
      if (w.eventId().equals(eventId)) {
        return Optional.of(
            new EventPlace(
                Place.OUTBOX,
                eventId,
                w.sequence(),
                w.committedAt(),
                held(aggregate),
                i,
                Optional.of(aggregate)));
      }
    }
    return Optional.empty();
  }

  /** Why the aggregate's first event can't be sent, if so. */
  private static String held(AggregateView aggregate) {
    return aggregate.problems().stream()
        .filter(p -> p.category() == Problem.Category.QUARANTINED)
        .map(Problem::reason)
        .findFirst()
        .orElse("");
  }

  private static Optional<EventPlace> kept(AggregateView aggregate, String eventId) {
    for (ChainView chain : aggregate.chains()) {
      long before = 0;
      for (Kept k : chain.kept()) {
        if (k.eventId().equals(eventId)) {
          return Optional.of(
              new EventPlace(
                  Place.PARKED,
                  eventId,
                  k.sequence(),
                  "",
                  missing(chain),
                  before,
                  Optional.of(aggregate)));
        }
        before++;
      }
    }
    return Optional.empty();
  }

  /** The number that the chain waits for. */
  private static String missing(ChainView chain) {
    return Long.toString(Long.parseLong(chain.last()) + 1);
  }

  private static Optional<EventPlace> applied(AggregateView aggregate, String eventId) {
    return aggregate.applied().stream()
        .filter(a -> a.eventId().equals(eventId))
        .findFirst()
        .map(
            (Applied a) ->
                new EventPlace(
                    Place.APPLIED,
                    eventId,
                    a.sequence(),
                    a.appliedAt(),
                    "",
                    0,
                    Optional.of(aggregate)));
  }
}
