package io.outboxpipeline.relay.source.mysql;

import io.outboxpipeline.ownership.Grant;
import io.outboxpipeline.relay.source.Refusal;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What the reading thread is told by others, in order. Thread-safe; never calls anything under its
 * lock.
 */
final class Commands {

  /** What is to happen to a grant. */
  sealed interface Command {
    Grant grant();

    record Follow(Grant grant) implements Command {}

    record Stop(Grant grant) implements Command {}

    record Forget(Grant grant) implements Command {}
  }

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition readable = lock.newCondition();
  private final Set<Grant> followed = new HashSet<>();
  private final Deque<Command> commands = new ArrayDeque<>();
  private final List<Refusal> refusals = new ArrayList<>();
  private List<Done> deleted = new ArrayList<>();
  private boolean wake;
  private boolean room;

  void follow(Grant grant) {
    locked(
        () -> {
          followed.add(grant);
          return tell(new Command.Follow(grant));
        });
  }

  /** Whether the grant is followed. */
  boolean stop(Grant grant) {
    return locked(() -> followed.contains(grant) && tell(new Command.Stop(grant)));
  }

  void forget(Grant grant) {
    locked(() -> followed.remove(grant) && tell(new Command.Forget(grant)));
  }

  private boolean tell(Command command) {
    commands.add(command);
    signal();
    return true;
  }

  void refused(Refusal refusal) {
    locked(
        () -> {
          signal();
          return refusals.add(refusal);
        });
  }

  void deleted(List<Done> rows) {
    locked(() -> deleted.addAll(rows));
  }

  /** Ends a wait for something to read. */
  void wake() {
    locked(
        () -> {
          signal();
          return true;
        });
  }

  /** Ends a wait, but does not count as being woken. */
  void roomAgain() {
    locked(
        () -> {
          room = true;
          readable.signal();
          return true;
        });
  }

  private void signal() {
    wake = true;
    readable.signal();
  }

  /** The next thing to do, which stays the next until it is done. */
  @Nullable Command next() {
    return locked(commands::peekFirst);
  }

  void done(Command command) {
    locked(() -> commands.removeFirstOccurrence(command));
  }

  List<Refusal> takeRefusals() {
    return locked(
        () -> {
          List<Refusal> taken = List.copyOf(refusals);
          refusals.clear();
          return taken;
        });
  }

  /** What was deleted since this was asked last; what is called wake from now on counts anew. */
  List<Done> beginRound() {
    return locked(
        () -> {
          wake = false;
          room = false;
          List<Done> taken = deleted;
          deleted = new ArrayList<>();
          return taken;
        });
  }

  /** Whether somebody called wake since the round began. */
  boolean isWoken() {
    return locked(() -> wake);
  }

  boolean follows(Grant grant) {
    return locked(() -> followed.contains(grant));
  }

  List<Grant> followed() {
    return locked(() -> List.copyOf(followed));
  }

  /**
   * Waits until there may be something to read.
   *
   * @return whether wake was called
   */
  @SuppressWarnings("WaitNotInLoop") // woken too early, the caller comes again
  boolean await(long nanos) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      if (!wake && !room) {
        readable.awaitNanos(nanos);
      }
      return wake;
    } finally {
      lock.unlock();
    }
  }

  private <T extends @Nullable Object> T locked(Supplier<T> action) {
    lock.lock();
    try {
      return action.get();
    } finally {
      lock.unlock();
    }
  }
}
