package io.outboxpipeline.testkit;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Every order of a model's steps, shortest first. A state that was seen before is not walked again.
 * The model is made anew and replayed for each step, so it needs no way to copy itself; it must do
 * the same each time.
 */
public final class Exploration {

  /** What is walked: a small world in some state. */
  public interface World {
    /** The steps that can be taken now, by names that tell a person what happens. */
    List<String> steps();

    /** Takes one of them, and throws if a rule is broken by it. */
    void take(String step);

    /** Faults stop: throws if not all comes right. The world is not used after it. */
    void settle();

    /** All that decides what can happen from here; see {@link Fingerprint}. */
    Object state();
  }

  /**
   * How much was walked.
   *
   * @param states that are different from each other
   * @param steps taken between them
   * @param depth of the longest way that led to a new state
   */
  public record Walked(int states, long steps, int depth) {}

  private record Way(List<String> steps) {
    Way then(String step) {
      var longer = new ArrayList<>(steps);
      longer.add(step);
      return new Way(longer);
    }
  }

  private Exploration() {}

  /**
   * Walks all ways from a new world.
   *
   * @param limit of states; more than that is an error, because part of it would not be walked
   * @throws AssertionError if a rule is broken, with the steps that lead to it
   */
  public static Walked walk(Supplier<? extends World> fresh, int limit) {
    Set<Fingerprint> seen = new HashSet<>();
    Queue<Way> ways = new ArrayDeque<>();
    World first = fresh.get();
    seen.add(Fingerprint.of(first.state()));
    first.steps().forEach(s -> ways.add(new Way(List.of(s))));
    long steps = 0;
    int depth = 0;
    for (Way way = ways.poll(); way != null; way = ways.poll()) {
      steps++;
      World world = fresh.get();
      try {
        way.steps().forEach(world::take);
        if (seen.add(Fingerprint.of(world.state()))) {
          depth = way.steps().size();
          for (String next : world.steps()) {
            ways.add(way.then(next));
          }
          world.settle();
        }
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError(
            e.getMessage() + ", after these steps:\n  " + String.join("\n  ", way.steps()), e);
      }
      if (seen.size() > limit) {
        throw new AssertionError("more than " + limit + " states: choose a smaller world");
      }
    }
    return new Walked(seen.size(), steps, depth);
  }
}
