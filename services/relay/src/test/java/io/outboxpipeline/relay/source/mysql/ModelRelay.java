package io.outboxpipeline.relay.source.mysql;

import io.outboxpipeline.ownership.Grant;
import io.outboxpipeline.relay.backlog.Backlog;
import io.outboxpipeline.relay.backlog.Limits;
import io.outboxpipeline.relay.backlog.Message;
import io.outboxpipeline.relay.source.Intake;
import io.outboxpipeline.relay.source.Refusal;
import io.outboxpipeline.relay.source.Sent;
import io.outboxpipeline.relay.source.Source;
import io.outboxpipeline.relay.source.Standing;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** One relay, all its parts but the threads, the SQL and the queue, in one thread. */
final class ModelRelay implements Source {
  static final Limits SMALL = new Limits(60, 40_000, 24, 60, 5, 4, 1500);

  final Commands commands = new Commands();
  final Deletes deletes;
  final Backlog backlog = new Backlog(SMALL, this);
  final Reader reader;

  /** How often it noticed that the table gives ids out again. */
  int wentBack;

  /** Requests that SQS has not answered. */
  final List<List<Message>> underWay = new ArrayList<>();

  ModelRelay(LongSupplier clock, long maxTransaction, Consumer<Grant> drained) {
    reader = new Reader(backlog, clock, maxTransaction, () -> wentBack++);
    deletes =
        new Deletes(
            grant -> {
              forget(grant);
              drained.accept(grant);
            });
  }

  void own(Grant grant) {
    backlog.own(grant);
    follow(grant);
  }

  void drain(Grant grant) {
    if (stop(grant)) {
      backlog.drain(grant);
    }
  }

  void abandon(Grant grant) {
    backlog.forget(grant);
    forget(grant);
  }

  /** As the reading thread does it while it finds nothing. */
  void poll(ModelTable table) throws SQLException {
    if (commands.next() != null || !reader.isStillNothing(table)) {
      round(table);
    }
  }

  /** As the reading thread does it. */
  Reader.Round round(ModelTable table) throws SQLException {
    reader.slots().deleted(commands.beginRound());
    for (Commands.Command next = commands.next(); next != null; next = commands.next()) {
      switch (next) {
        case Commands.Command.Follow(var grant) -> reader.follow(table, grant);
        case Commands.Command.Stop(var grant) -> reader.slots().stop(grant);
        case Commands.Command.Forget(var grant) -> reader.slots().forget(grant);
      }
      commands.done(next);
    }
    for (Refusal refusal : commands.takeRefusals()) {
      String id = refusal.event().eventId();
      if (reader.slots().hold(refusal, id)) {
        ModelTable.Row row = table.rows.get(refusal.event().position());
        if (row != null && row.eventId().equals(id)) {
          table.quarantine.put(id, row);
        }
      }
    }
    return reader.round(table, () -> deletes.size() < 2 * SMALL.rows());
  }

  /** Sends what is next, if anything is; what SQS answers is said later. */
  void send(long now, Limits.Request most) {
    List<Message> request;
    try {
      request = backlog.take(now, 0, most);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    for (Message m : request) {
      // One of an earlier grant may be on its way still: the fence is for that.
      if (underWay.stream()
          .flatMap(List::stream)
          .anyMatch(o -> o.aggregate().equals(m.aggregate()) && o.epoch() == m.epoch())) {
        throw new AssertionError("two messages on their way: " + m.aggregate());
      }
    }
    if (!request.isEmpty()) {
      underWay.add(request);
    }
  }

  /** Deletes rows that were sent, those that the fence lets it. */
  void delete(ModelTable table, int most, long[] epochs, ModelQueue queue) {
    List<Done> done;
    try {
      done = deletes.take(most, 1, 0, 0);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    for (Done d : done) {
      ModelTable.Row row = table.rows.get(d.id());
      if (epochs[d.partition()] == d.epoch()
          && row != null
          && row.slot() == d.slot()
          && row.eventId().equals(d.eventId())) {
        if (!queue.hasAcknowledged(row.eventId())) {
          throw new AssertionError("deleted and not acknowledged: " + row);
        }
        table.rows.remove(d.id());
      }
    }
    commands.deleted(done);
    deletes.deleted(done);
  }

  @Override
  public void start(Intake intake) {}

  @Override
  public void follow(Grant grant) {
    commands.follow(grant);
  }

  @Override
  public boolean stop(Grant grant) {
    return commands.stop(grant);
  }

  @Override
  public void finish(Grant grant) {
    deletes.finish(grant);
  }

  @Override
  public void giveUp(Grant grant) {
    deletes.giveUp(grant);
  }

  @Override
  public void forget(Grant grant) {
    commands.forget(grant);
    deletes.forget(grant);
  }

  @Override
  public void done(Sent sent) {
    deletes.add(sent);
  }

  @Override
  public void quarantine(Refusal refusal) {
    commands.refused(refusal);
  }

  @Override
  public void roomAgain() {
    commands.roomAgain();
  }

  @Override
  public boolean records() {
    return true;
  }

  @Override
  public Standing standing() {
    return new Standing(0, 0, Optional.empty(), deletes.size());
  }

  @Override
  public Optional<String> trouble() {
    return Optional.empty();
  }

  @Override
  public boolean alive() {
    return true;
  }

  @Override
  public void endReading() {}

  @Override
  public void close() {}
}
