package io.outboxpipeline.console.model;

import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/**
 * A pipeline's flow at one moment.
 *
 * @param stations in the order in which events pass them
 */
public record Flow(Instant at, List<Station> stations, List<Trouble> troubles) {

  public Flow {
    stations = List.copyOf(stations);
    troubles = List.copyOf(troubles);
  }

  /** Where events are. */
  public enum Place {
    BASE,
    OUTBOX,
    RELAYS,
    QUEUE,
    CONSUMER;

    /** As the API writes it. */
    public String code() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * One place.
   *
   * @param asked how many services were asked
   * @param answering how many of them answered
   */
  public record Station(Place place, int asked, int answering, List<Figure> figures) {

    public Station {
      figures = List.copyOf(figures);
    }
  }

  /** A measure and its value, if it is known. */
  public record Figure(Measure measure, OptionalDouble value) {}

  /** How a figure is to be read. */
  public enum Unit {
    COUNT,
    PER_SECOND,
    SECONDS
  }

  /** What is measured. */
  public enum Measure {
    WRITTEN("writtenPerSecond", Unit.PER_SECOND),
    WAITING("waiting", Unit.COUNT),
    OLDEST("oldestSeconds", Unit.SECONDS),
    HELD("heldAggregates", Unit.COUNT),
    SENT("sentPerSecond", Unit.PER_SECOND),
    UNDELETED("undeleted", Unit.COUNT),
    VISIBLE("visible", Unit.COUNT),
    IN_FLIGHT("inFlight", Unit.COUNT),
    DEAD_LETTERS("deadLetters", Unit.COUNT),
    APPLIED("appliedPerSecond", Unit.PER_SECOND),
    LATENCY("latencySeconds", Unit.SECONDS),
    PARKED("parkedAggregates", Unit.COUNT),
    REJECTED("rejectedAggregates", Unit.COUNT),
    CONFLICTING("conflictingAggregates", Unit.COUNT);

    private final String code;
    private final Unit unit;

    Measure(String code, Unit unit) {
      this.code = code;
      this.unit = unit;
    }

    /** As the API writes it. */
    public String code() {
      return code;
    }

    public Unit unit() {
      return unit;
    }
  }
}
