package io.outboxpipeline.dynamodb;

import io.outboxpipeline.outbox.NewEvent;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItem;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItemsRequest;
import software.amazon.awssdk.services.dynamodb.model.Update;

/**
 * One write, built once: its events have their ids and its request its token, so that however often
 * it is sent within ten minutes it is done once. Thread-safe, but to be used once.
 */
public final class OutboxWrite {
  private static final int MAX_ITEMS = 100;

  private final List<Object> parts;
  private final TransactWriteItemsRequest request;

  /** When it was sent first. */
  private final AtomicReference<@Nullable Instant> sent = new AtomicReference<>();

  private volatile boolean mayBeDone;

  private OutboxWrite(List<Object> parts) {
    this.parts = List.copyOf(parts);
    List<TransactWriteItem> items = new ArrayList<>();
    Set<Object> keys = new HashSet<>();
    for (Object part : parts) {
      if (part instanceof Part withEvents) {
        Update update = withEvents.update();
        if (!keys.add(List.of(update.tableName(), update.key()))) {
          throw new IllegalArgumentException(
              "an item stands twice in one transaction: give all events of an aggregate to one"
                  + " update");
        }
        items.add(TransactWriteItem.builder().update(update).build());
      } else {
        items.add((TransactWriteItem) part);
      }
    }
    if (keys.isEmpty() || items.size() > MAX_ITEMS) {
      throw new IllegalArgumentException(
          "a write has 1 to " + MAX_ITEMS + " items, one of them with events at least");
    }
    request =
        TransactWriteItemsRequest.builder()
            .transactItems(items)
            .clientRequestToken(UUID.randomUUID().toString())
            .build();
  }

  /** The request as it is sent, its token included. */
  public TransactWriteItemsRequest request() {
    return request;
  }

  int parts() {
    return parts.size();
  }

  /** A part with events; null for one of the caller's own. */
  @Nullable Part part(int n) {
    Object part = parts.get(n);
    return part instanceof Part withEvents ? withEvents : null;
  }

  List<Appended> appended() {
    List<Appended> appended = new ArrayList<>();
    for (Object part : parts) {
      if (part instanceof Part withEvents) {
        appended.addAll(withEvents.appended(withEvents.seen()));
      }
    }
    return appended;
  }

  /** When it was sent first, which is now if it was not sent yet. */
  Instant firstSent(Instant now) {
    Instant first = sent.compareAndExchange(null, now);
    return first == null ? now : first;
  }

  /** An answer was lost: from now on only success and a condition say what became of it. */
  void lostAnAnswer() {
    mayBeDone = true;
  }

  boolean mayBeDone() {
    return mayBeDone;
  }

  /** Collects the parts of a write. Not thread-safe. */
  public static final class Builder {
    private final List<Object> parts = new ArrayList<>();
    private final int maxPendingBytes;
    private final Instant now;

    Builder(int maxPendingBytes, Instant now) {
      this.maxPendingBytes = maxPendingBytes;
      this.now = now;
    }

    /**
     * An item's update, and the events that tell of it.
     *
     * @param update the caller's: its expressions are kept, and the outbox's clauses added to them.
     *     Names that begin with {@code obt_} are the outbox's own
     * @param events of the one aggregate that the item is, in their order
     * @throws IllegalArgumentException if the expression can't be read or becomes too long, or the
     *     events are of several aggregates, or too large for an item
     */
    public Builder update(Update update, List<NewEvent> events) {
      parts.add(Part.of(update, OptionalLong.empty(), events, maxPendingBytes, now));
      return this;
    }

    /**
     * An item's update that holds only as long as the item's number is the one that the caller saw,
     * 0 for none: then the events' numbers are known, and the write can't be done twice at all.
     */
    public Builder updateAt(long seen, Update update, List<NewEvent> events) {
      parts.add(Part.of(update, OptionalLong.of(seen), events, maxPendingBytes, now));
      return this;
    }

    /** The ids of the events that were given so far, in order: the other items may name them. */
    public List<UUID> eventIds() {
      return parts.stream()
          .flatMap(part -> part instanceof Part events ? events.ids().stream() : Stream.empty())
          .toList();
    }

    /** Something else of the same transaction. */
    public Builder also(TransactWriteItem item) {
      parts.add(item);
      return this;
    }

    public OutboxWrite build() {
      return new OutboxWrite(parts);
    }
  }
}
