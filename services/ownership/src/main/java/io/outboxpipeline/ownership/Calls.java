package io.outboxpipeline.ownership;

import io.outboxpipeline.ownership.Command.Op;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The commands of one step, and the calls that wait for an answer. A call that is not answered in
 * time counts as lost; should it be answered later, nobody listens.
 */
final class Calls {

  /** A call that waits. */
  record Waiting(long id, Op op, long deadline) {}

  private final long timeout;

  /** In the order of their deadlines, as all have the same time-out. */
  private final Map<Long, Waiting> waiting = new LinkedHashMap<>();

  private List<Command> commands = new ArrayList<>();
  private long last;

  Calls(long timeoutNanos) {
    timeout = timeoutNanos;
  }

  long issue(Op op, long now) {
    long id = ++last;
    waiting.put(id, new Waiting(id, op, now + timeout));
    commands.add(new Command.Call(id, op));
    return id;
  }

  void add(Command command) {
    commands.add(command);
  }

  /** The number of the last call: what is read by a later one comes after all that was answered. */
  long last() {
    return last;
  }

  Optional<Waiting> answered(long id) {
    return Optional.ofNullable(waiting.remove(id));
  }

  /** Takes out one call whose time is over. */
  Optional<Waiting> overdue(long now) {
    if (waiting.isEmpty()) {
      return Optional.empty();
    }
    Waiting first = waiting.values().iterator().next();
    if (now - first.deadline < 0) {
      return Optional.empty();
    }
    waiting.remove(first.id);
    return Optional.of(first);
  }

  /** When the first of them is overdue; {@code otherwise} if none waits. */
  long nextDeadline(long otherwise) {
    return waiting.isEmpty() ? otherwise : waiting.values().iterator().next().deadline;
  }

  List<Command> take() {
    List<Command> taken = commands;
    commands = new ArrayList<>();
    return taken;
  }
}
