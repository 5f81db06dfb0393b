package io.outboxpipeline.console.model;

import io.outboxpipeline.console.ask.Endpoint;
import java.util.List;

/**
 * Where one pipeline is.
 *
 * @param name unlike all others of the console
 * @param namespace of its resource; empty if not known
 * @param resource the resource's name
 */
public record PipelineSettings(
    String name,
    String namespace,
    String resource,
    List<Endpoint> bases,
    List<Endpoint> relays,
    List<Endpoint> consumers) {

  public PipelineSettings {
    bases = List.copyOf(bases);
    relays = List.copyOf(relays);
    consumers = List.copyOf(consumers);
  }

  /** One whose resource has the same name. */
  public PipelineSettings(
      String name,
      String namespace,
      List<Endpoint> bases,
      List<Endpoint> relays,
      List<Endpoint> consumers) {
    this(name, namespace, name, bases, relays, consumers);
  }
}
