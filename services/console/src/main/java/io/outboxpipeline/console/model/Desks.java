package io.outboxpipeline.console.model;

import io.outboxpipeline.console.ask.ServiceClient;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The pipelines that the console knows now. A pipeline keeps its desk while its services come and
 * go, and loses it with its resource. Thread-safe.
 */
public final class Desks implements AutoCloseable {
  private final Supplier<List<PipelineSettings>> source;
  private final ServiceClient client;
  private final InstantSource clock;
  private final Duration pause;
  private final Map<String, Desk> known = new LinkedHashMap<>();

  /**
   * @param source is asked at each look, and so must answer at once
   * @param pause between two decisions of an action
   */
  public Desks(
      Supplier<List<PipelineSettings>> source,
      ServiceClient client,
      InstantSource clock,
      Duration pause) {
    this.source = source;
    this.client = client;
    this.clock = clock;
    this.pause = pause;
  }

  /** The pipeline of this name, if there is one. */
  public Optional<Desk> find(String name) {
    return all().stream().filter(d -> d.pipeline().name().equals(name)).findFirst();
  }

  /** All of them, in the order of their names. */
  public synchronized List<Desk> all() {
    var now = new LinkedHashMap<String, PipelineSettings>();
    source.get().forEach(p -> now.put(p.name(), p));
    known.entrySet().removeIf(e -> !now.containsKey(e.getKey()) && closed(e.getValue()));
    now.forEach(
        (name, settings) ->
            known.computeIfAbsent(name, n -> desk(settings)).pipeline().move(settings));
    return known.values().stream()
        .sorted((a, b) -> a.pipeline().name().compareTo(b.pipeline().name()))
        .toList();
  }

  private Desk desk(PipelineSettings settings) {
    var pipeline = new Pipeline(settings, client);
    return Desk.of(pipeline, clock, pause, settings.namespace(), settings.resource());
  }

  private static boolean closed(Desk desk) {
    desk.actions().close();
    return true;
  }

  @Override
  public synchronized void close() {
    known.values().forEach(Desks::closed);
    known.clear();
  }
}
