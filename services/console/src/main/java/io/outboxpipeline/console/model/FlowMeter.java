package io.outboxpipeline.console.model;

import io.outboxpipeline.console.ask.ServiceClient.Metered;
import io.outboxpipeline.console.model.Flow.Figure;
import io.outboxpipeline.console.model.Flow.Measure;
import io.outboxpipeline.console.model.Flow.Place;
import io.outboxpipeline.console.model.Flow.Station;
import jakarta.json.JsonNumber;
import jakarta.json.JsonObject;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.DoubleBinaryOperator;
import java.util.stream.Stream;

/** Measures a pipeline's flow. Not thread-safe. */
final class FlowMeter {
  private final Pipeline pipeline;
  private final InstantSource clock;
  private final Rates rates = new Rates();

  FlowMeter(Pipeline pipeline, InstantSource clock) {
    this.pipeline = pipeline;
    this.clock = clock;
  }

  /** Asks all services. */
  Flow read() {
    Reading reading = reading();
    rates.add(System.nanoTime(), reading.metered.values().stream().flatMap(List::stream).toList());
    List<Metered> bases = reading.of(Kind.BASE);
    List<Metered> relays = reading.of(Kind.RELAY);
    List<Metered> consumers = reading.of(Kind.CONSUMER);
    Asked depth = reading.queue;
    List<Station> stations = new ArrayList<>();
    if (!bases.isEmpty()) {
      stations.add(
          station(Place.BASE, bases, rate(Measure.WRITTEN, "base_spendings_created_total")));
    }
    stations.add(
        station(
            Place.OUTBOX,
            relays,
            sum(Measure.WAITING, relays, "outbox_relay_backlog_events"),
            max(Measure.OLDEST, relays, "outbox_relay_oldest_event_age_seconds"),
            sum(Measure.HELD, relays, "outbox_relay_held_aggregates")));
    stations.add(
        station(
            Place.RELAYS,
            relays,
            rate(Measure.SENT, "outbox_relay_events_sent_total"),
            sum(Measure.UNDELETED, relays, "outbox_relay_undeleted_events")));
    stations.add(
        new Station(
            Place.QUEUE,
            consumers.size(),
            depth.json().isPresent() ? consumers.size() - depth.troubles().size() : 0,
            List.of(
                counted(Measure.VISIBLE, depth, "visible"),
                counted(Measure.IN_FLIGHT, depth, "inFlight"),
                counted(Measure.DEAD_LETTERS, depth, "deadLetters"))));
    stations.add(
        station(
            Place.CONSUMER,
            consumers,
            rate(Measure.APPLIED, "outbox_consumer_applied_total"),
            new Figure(Measure.LATENCY, rates.mean("outbox_consumer_latency_seconds")),
            max(Measure.PARKED, consumers, "outbox_consumer_parked_aggregates"),
            max(Measure.REJECTED, consumers, "outbox_consumer_held_aggregates"),
            max(Measure.CONFLICTING, consumers, "outbox_consumer_conflicting_aggregates")));
    return new Flow(clock.instant(), stations, troubles(reading));
  }

  /** The metrics of each kind, and what a consumer says of the queue. */
  private record Reading(Map<Kind, List<Metered>> metered, Asked queue) {

    List<Metered> of(Kind kind) {
      return metered.getOrDefault(kind, List.of());
    }
  }

  private Reading reading() {
    Map<Kind, Future<List<Metered>>> metered = new EnumMap<>(Kind.class);
    Future<Asked> queue;
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      queue = threads.submit(() -> pipeline.ask(Kind.CONSUMER, "/admin/queue"));
      for (Kind kind : Kind.values()) {
        metered.put(kind, threads.submit(() -> pipeline.metrics(kind)));
      }
    }
    Map<Kind, List<Metered>> told = new EnumMap<>(Kind.class);
    metered.forEach((kind, answers) -> told.put(kind, answers.resultNow()));
    return new Reading(told, queue.resultNow());
  }

  private static List<Trouble> troubles(Reading reading) {
    List<Trouble> troubles = new ArrayList<>();
    reading.metered.forEach(
        (kind, all) ->
            all.stream()
                .filter(m -> m.samples().isEmpty())
                .forEach(m -> troubles.add(new Trouble(kind, m.service().name(), m.trouble()))));
    reading.queue.troubles().stream()
        .filter(t -> troubles.stream().noneMatch(o -> o.service().equals(t.service())))
        .forEach(troubles::add);
    return troubles;
  }

  private static Station station(Place place, List<Metered> services, Figure... figures) {
    int answering = (int) services.stream().filter(m -> m.samples().isPresent()).count();
    return new Station(place, services.size(), answering, List.of(figures));
  }

  private Figure rate(Measure measure, String counter) {
    return new Figure(measure, rates.perSecond(counter));
  }

  private static Figure sum(Measure measure, List<Metered> services, String gauge) {
    return merged(measure, services, gauge, Double::sum);
  }

  private static Figure max(Measure measure, List<Metered> services, String gauge) {
    return merged(measure, services, gauge, Math::max);
  }

  private static Figure merged(
      Measure measure, List<Metered> services, String gauge, DoubleBinaryOperator merge) {
    Stream<OptionalDouble> values =
        services.stream().flatMap(m -> m.samples().stream()).map(s -> s.of(gauge));
    return new Figure(
        measure,
        values
            .filter(OptionalDouble::isPresent)
            .mapToDouble(OptionalDouble::getAsDouble)
            .reduce(merge));
  }

  private static Figure counted(Measure measure, Asked depth, String field) {
    Optional<JsonObject> json = depth.json();
    return new Figure(
        measure,
        json.isPresent() && json.get().get(field) instanceof JsonNumber n
            ? OptionalDouble.of(n.doubleValue())
            : OptionalDouble.empty());
  }
}
