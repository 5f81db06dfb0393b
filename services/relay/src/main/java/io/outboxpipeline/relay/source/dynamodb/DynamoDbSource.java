package io.outboxpipeline.relay.source.dynamodb;

import io.outboxpipeline.ownership.Grant;
import io.outboxpipeline.relay.source.Intake;
import io.outboxpipeline.relay.source.Refusal;
import io.outboxpipeline.relay.source.Sent;
import io.outboxpipeline.relay.source.Source;
import io.outboxpipeline.relay.source.Standing;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Consumer;
import java.util.function.IntToLongFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;

/** An outbox in attributes of the items of a DynamoDB table. */
public final class DynamoDbSource implements Source {
  /** Sent and not taken out: so many while nothing can be changed, and nothing more is sent. */
  private static final int UNRECORDED_WHILE_FAILING = 1_000;

  private static final Duration CLOSING = Duration.ofSeconds(5);

  /**
   * Where to read, and how.
   *
   * @param events what the events say they come from; empty: the name in the relays' table
   * @param index the index of the items with events that wait
   * @param writeRegion the one region that all writers of a global table use, if it is one
   * @param idleDelay between two looks at a part of the index in which nothing new waits
   */
  public record Settings(
      Optional<URI> events,
      String table,
      String index,
      Optional<String> writeRegion,
      Duration idleDelay) {}

  private final Troubles troubles = new Troubles();
  private final ConcurrentMap<Integer, Grant> followed = new ConcurrentHashMap<>();
  private final DynamoDbItems items;
  private final SourceName name;
  private final Pauses pauses;
  private final Means means;
  private final Runnable quarantined;
  private final Listener listener;
  private volatile @Nullable ReadLoop loop;

  /**
   * @param client does not repeat calls; stays the caller's
   * @param name finds the events' source if the settings don't say it
   * @param fence the epoch that the fence has for a partition
   * @param quarantined told of each event that was marked as never to be sent
   */
  public DynamoDbSource(
      Settings settings,
      DynamoDbClient client,
      Supplier<URI> name,
      IntToLongFunction fence,
      Runnable quarantined,
      Listener listener) {
    this(settings, client, name, fence, quarantined, listener, Means.real());
  }

  DynamoDbSource(
      Settings settings,
      DynamoDbClient client,
      Supplier<URI> name,
      IntToLongFunction fence,
      Runnable quarantined,
      Listener listener,
      Means means) {
    this.name = new SourceName(settings.events(), name);
    this.quarantined = quarantined;
    this.listener = listener;
    this.means = means;
    pauses = new Pauses(settings.idleDelay().toNanos(), means.random());
    items =
        new DynamoDbItems(
            client, settings.table(), settings.index(), settings.writeRegion(), fence);
  }

  @Override
  public void start(Intake intake) {
    prepare(intake).start();
  }

  /** The loop, for whoever takes its turns. */
  ReadLoop prepare(Intake intake) {
    var calls = new Calls(items, new Forgetting(), quarantined, troubles, this::tell, means);
    var reader = new Reader(intake, new EventMaker(name::get), pauses, calls);
    var prepared = new ReadLoop(reader, this::problem, troubles, pauses, means);
    loop = prepared;
    return prepared;
  }

  private Optional<String> problem() {
    name.get();
    return items.problem();
  }

  private void tell(Consumer<Reader> what) {
    ReadLoop running = loop;
    if (running != null) {
      running.tell(what);
    }
  }

  /** A grant that is over is not followed any more. */
  private final class Forgetting implements Listener {
    @Override
    public void drained(Grant grant) {
      followed.remove(grant.partition(), grant);
      listener.drained(grant);
    }

    @Override
    public void fencedOut(Grant grant) {
      followed.remove(grant.partition(), grant);
      listener.fencedOut(grant);
    }
  }

  @Override
  public void follow(Grant grant) {
    followed.put(grant.partition(), grant);
    tell(r -> r.follow(grant));
  }

  @Override
  public boolean stop(Grant grant) {
    tell(r -> r.stop(grant, means.now()));
    return grant.equals(followed.get(grant.partition()));
  }

  @Override
  public void finish(Grant grant) {
    tell(r -> r.finish(grant, means.now()));
  }

  @Override
  public void giveUp(Grant grant) {
    tell(r -> r.giveUp(grant));
  }

  @Override
  public void forget(Grant grant) {
    followed.remove(grant.partition(), grant);
    tell(r -> r.forget(grant));
  }

  @Override
  public void done(Sent sent) {
    tell(r -> r.done(sent, means.now()));
  }

  @Override
  public void quarantine(Refusal refusal) {
    tell(r -> r.refused(refusal, means.now()));
  }

  @Override
  public void roomAgain() {
    tell(Reader::roomAgain);
  }

  @Override
  public boolean records() {
    ReadLoop running = loop;
    if (running == null || !running.proven()) {
      return false;
    }
    Reader.Figures figures = running.figures();
    return figures.failing() == 0 || figures.unrecorded() < UNRECORDED_WHILE_FAILING;
  }

  @Override
  public Standing standing() {
    ReadLoop running = loop;
    Reader.Figures f = running == null ? Reader.Figures.NONE : running.figures();
    return new Standing(f.waiting(), f.held(), f.oldestHeld(), f.unrecorded());
  }

  @Override
  public Optional<String> trouble() {
    return loop == null ? Optional.of("the table was not asked yet") : troubles.first();
  }

  @Override
  public boolean alive() {
    ReadLoop running = loop;
    return running != null && running.isAlive();
  }

  @Override
  public void endReading() {
    tell(r -> r.endReading(means.now()));
  }

  @Override
  public void close() {
    ReadLoop running = loop;
    if (running == null) {
      return;
    }
    long end = System.nanoTime() + CLOSING.toNanos();
    try {
      while (running.isAlive()
          && running.figures().unrecorded() > 0
          && System.nanoTime() - end < 0) {
        Thread.sleep(10);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    running.close();
  }
}
