package io.outboxpipeline.relay.source.dynamodb;

import io.outboxpipeline.ownership.Grant;
import io.outboxpipeline.relay.source.Source;
import io.outboxpipeline.relay.source.dynamodb.Item.ToHold;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;

/** Carries out what the reader wants, each call by itself, and brings the answers. */
final class Calls implements Outside {
  private static final int AT_ONCE = 48;

  private final ItemTable table;
  private final Source.Listener listener;
  private final Runnable quarantined;
  private final Troubles troubles;
  private final Consumer<Consumer<Reader>> answers;
  private final Means means;
  private final Semaphore permits = new Semaphore(AT_ONCE, true);

  /**
   * @param answers takes what is to be told to the reader by its own thread
   */
  Calls(
      ItemTable table,
      Source.Listener listener,
      Runnable quarantined,
      Troubles troubles,
      Consumer<Consumer<Reader>> answers,
      Means means) {
    this.table = table;
    this.listener = listener;
    this.quarantined = quarantined;
    this.troubles = troubles;
    this.answers = answers;
    this.means = means;
  }

  private interface Call {
    Consumer<Reader> run();
  }

  private void start(Troubles.Kind kind, Call call, Consumer<Reader> failed) {
    means
        .threads()
        .execute(
            () -> {
              Consumer<Reader> answer = failed;
              permits.acquireUninterruptibly();
              try {
                answer = call.run();
                troubles.over(kind);
              } catch (RuntimeException e) {
                troubles.failed(kind, e);
              } finally {
                permits.release();
              }
              answers.accept(answer);
            });
  }

  private long now() {
    return means.now();
  }

  @Override
  public void page(Shares.Range range) {
    var after = range.next;
    start(
        Troubles.Kind.READ,
        () -> {
          ItemTable.Page page = table.page(range.slots, after, Reader.PAGE);
          return r -> r.page(range, page, now());
        },
        r -> r.readFailed(range, List.of(), now()));
  }

  @Override
  public void read(List<Item> items) {
    List<ItemKey> keys = items.stream().map(i -> i.key).toList();
    start(
        Troubles.Kind.READ,
        () -> {
          ItemTable.Items answer = table.read(keys);
          return r -> r.read(items, answer, now());
        },
        r -> r.readFailed(null, items, now()));
  }

  @Override
  public void remove(Item item, ItemTable.Removal removal) {
    start(
        Troubles.Kind.CHANGE,
        () -> {
          ItemTable.Change change = table.remove(item.key, removal);
          return r -> r.changed(item, change, now());
        },
        r -> r.changeFailed(item, now()));
  }

  @Override
  public void hold(Item item, int index, ToHold what) {
    start(
        Troubles.Kind.CHANGE,
        () -> {
          ItemTable.Change change =
              table.hold(item.key, index, what.eventId(), what.reason(), Instant.now());
          return r -> r.held(item, what, change, now());
        },
        r -> r.changeFailed(item, now()));
  }

  @Override
  public void probe(Item item) {
    start(
        Troubles.Kind.CHANGE,
        () -> {
          table.probe(item.key);
          return r -> r.probed(item, now());
        },
        r -> r.probeFailed(item, now()));
  }

  @Override
  public void checkFence(Grant grant) {
    start(
        Troubles.Kind.READ,
        () -> {
          boolean replaced = table.epoch(grant.partition()) > grant.epoch();
          return r -> {
            if (replaced) {
              r.forget(grant);
              listener.fencedOut(grant);
            }
          };
        },
        r -> {});
  }

  @Override
  public void drained(Grant grant) {
    listener.drained(grant);
  }

  @Override
  public void quarantined() {
    quarantined.run();
  }
}
