package io.outboxpipeline.inbox;

import io.outboxpipeline.inbox.InboxTable.Known;
import io.outboxpipeline.inbox.InboxTable.Row;
import io.outboxpipeline.inbox.RejectedEventException.Rejection;
import io.outboxpipeline.outbox.Event;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;

/** How one chain gets on within a call. Its row is locked; used by one thread, once. */
final class Progress {
  final Chain chain;
  final Row before;

  /** Events to apply or park, by their number. */
  final NavigableMap<Long, Event> arrived = new TreeMap<>();

  /** Events whose number another one has, and which one. */
  final Map<Event, String> conflicts = new LinkedHashMap<>();

  private final Map<UUID, String> toldConflicts = new HashMap<>();

  /** Whether there may be something to apply. */
  boolean active;

  /** The last number that may be applied now. */
  long limit = Long.MAX_VALUE;

  long last;
  boolean waiting;
  int openConflicts;
  Optional<Rejection> rejection = Optional.empty();
  Optional<Known> known;

  /** The numbers of parked events after the last one, and what of them is in memory. */
  NavigableMap<Long, Long> sizes = new TreeMap<>();

  NavigableMap<Long, Event> page = new TreeMap<>();
  boolean unfinished;

  Progress(Chain chain, Row before) {
    this.chain = chain;
    this.before = before;
    this.last = before.last();
    this.waiting = before.waiting();
    this.openConflicts = before.conflicts();
    this.known = before.known();
  }

  /** Sorts what arrived for a chain: to apply or park, duplicates, and conflicts. */
  static Progress of(Connection transaction, Chain chain, Row before, List<Event> events)
      throws SQLException {
    var progress = new Progress(chain, before);
    List<Event> candidates = new ArrayList<>();
    for (Event event : events) {
      if (event.sequence() > before.last()) {
        candidates.add(event);
      } else {
        Optional<String> contradiction = progress.contradiction(event);
        if (contradiction.isPresent()) {
          progress.conflict(transaction, event, contradiction.get());
        }
      }
    }
    Map<Long, UUID> parked = Map.of();
    if (before.waiting()) {
      List<Long> numbers = new ArrayList<>(candidates.stream().map(Event::sequence).toList());
      numbers.add(before.last() + 1);
      parked = ParkedTable.ids(transaction, chain, numbers);
    }
    for (Event event : candidates) {
      Event other = progress.arrived.get(event.sequence());
      UUID first = other == null ? parked.get(event.sequence()) : other.id();
      if (first == null) {
        progress.arrived.put(event.sequence(), event);
      } else if (!first.equals(event.id())) {
        progress.conflict(transaction, event, numberOf(event, first));
      }
    }
    progress.active =
        !before.stopped()
            && progress.limit > before.last()
            && (progress.arrived.containsKey(before.last() + 1)
                || parked.containsKey(before.last() + 1));
    return progress;
  }

  /** Why an event whose number was passed already is not the one that had it, if that is known. */
  private Optional<String> contradiction(Event event) {
    if (before.known().isEmpty()) {
      return Optional.empty();
    }
    Known known = before.known().get();
    if (event.sequence() == before.last()) {
      return event.id().equals(known.id())
          ? Optional.empty()
          : Optional.of(numberOf(event, known.id()));
    }
    // Numbers follow the times at which rows are written: what is newer than all of them is none of
    // them, whichever of them it claims to be.
    return micros(event).isAfter(known.newest())
        ? Optional.of(
            "number "
                + event.sequence()
                + " was passed before this event was written, at "
                + event.time()
                + "; the chain was at "
                + before.last())
        : Optional.empty();
  }

  private static String numberOf(Event event, UUID other) {
    return "number " + event.sequence() + " belongs to event " + other;
  }

  private void conflict(Connection transaction, Event event, String reason) throws SQLException {
    Optional<ConflictTable.State> state = ConflictTable.state(transaction, chain, event);
    if (state.isEmpty()) {
      if (conflicts.putIfAbsent(event, reason) == null) {
        openConflicts++;
        // What came before the doubtful number is not in doubt.
        limit = Math.min(limit, Math.max(event.sequence(), before.last()));
      }
    }
    if (state.isEmpty() || state.get() == ConflictTable.State.OPEN) {
      toldConflicts.put(event.id(), reason);
    }
  }

  /** What became of an event of this chain; the first of several that are the same. */
  Outcome outcome(Event event) {
    String conflict = toldConflicts.get(event.id());
    if (conflict != null) {
      return new Outcome.Conflict(conflict);
    }
    if (event.sequence() <= before.last()) {
      return new Outcome.Duplicate();
    }
    if (event.sequence() <= last) {
      return event.tombstone() ? new Outcome.Passed() : new Outcome.Applied();
    }
    return event.sequence() == last + 1 && rejection.isPresent()
        ? new Outcome.Rejected(rejection.get().reason())
        : new Outcome.Parked(last + 1);
  }

  /** Takes note of an event that is applied in spite of its number. */
  void alsoApplied(Event event) {
    known =
        known.map(k -> micros(event).isAfter(k.newest()) ? new Known(k.id(), micros(event)) : k);
  }

  /** Moves on by what was applied or passed. */
  void move(Decision decision) {
    if (decision.run().isEmpty()) {
      return;
    }
    Instant newest = known.map(Known::newest).orElse(Instant.MIN);
    for (Event event : decision.run()) {
      newest = micros(event).isAfter(newest) ? micros(event) : newest;
    }
    last = decision.last();
    UUID lastId = decision.run().get(decision.run().size() - 1).id();
    known = Optional.of(new Known(lastId, newest));
  }

  /** As exact as the table keeps it. */
  private static Instant micros(Event event) {
    return event.time().truncatedTo(ChronoUnit.MICROS);
  }

  /** Whether a parked event has the next number. */
  boolean nextIsParked() {
    return sizes.containsKey(last + 1);
  }
}
