package io.outboxpipeline.relay.source.mysql;

import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.ownership.Grant;
import io.outboxpipeline.ownership.SlotRange;
import io.outboxpipeline.relay.backlog.Limits;
import io.outboxpipeline.relay.backlog.Message;
import io.outboxpipeline.testkit.Exploration;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A world small enough to walk every order of its steps: two aggregates of one slot with two
 * events, each in a transaction of its own, two relays, one partition, and one fault.
 */
final class RelayScope implements Exploration.World {

  /** The one fault of a walk, or the one thing that does not happen every day. */
  enum Fault {
    /** A transaction takes an id and gives it up. */
    ROLLBACK,
    /** SQS has a message, and its answer is lost. */
    LOST_ANSWER,
    /** SQS does not take a message. */
    REFUSED,
    /** The other relay gets the partition, because this one is taken for dead. */
    REPLACED,
    /** The other relay gets the partition once this one has handed over. */
    MOVED,
    /** The rows are copied to a server where ids begin lower. */
    RESTORED,
    /** The first event of an aggregate can't be sent before a person mends it. */
    FLAW
  }

  /**
   * How much there is to do.
   *
   * @param first how many events the first aggregate has
   * @param second how many the second one has
   * @param questions before which of a look's questions somebody may write, from the second one on;
   *     0: a look is one step, and a relay that was replaced works with what it has
   * @param pauses how often all is quiet for longer than a transaction may take
   */
  record Size(int first, int second, int questions, int pauses) {}

  private static final long MILLI = 1_000_000;
  private static final long MAX_TRANSACTION = Duration.ofSeconds(10).toNanos();
  private static final Limits.Request ONE = new Limits.Request(1, 3000, 4000, 100);
  private static final SlotRange SLOTS = new SlotRange(0, 0);

  private static final List<Aggregate> AGGREGATES =
      IntStream.iterate(0, n -> n + 1)
          .mapToObj(n -> new Aggregate("test", "a" + n))
          .filter(a -> a.slot() == 0)
          .limit(2)
          .toList();

  private final Fault fault;
  private final Size size;
  private final ModelTable table = new ModelTable(10, this::asked);
  private final ModelQueue queue = new ModelQueue();
  private final List<ModelWriter> writers = new ArrayList<>();
  private final List<ModelRelay> relays = new ArrayList<>();
  private final long[] epochs = {1};
  private long clock = 1;
  private int owner;
  private Grant grant = new Grant(0, SLOTS, 1);
  private @Nullable Grant stale;
  private boolean draining;
  private boolean faulty = true;
  private int paused;

  /** The one transaction that takes its time has begun. */
  private boolean begun;

  /** Who commits in the middle of a look, before which question. */
  private @Nullable ModelWriter meanwhile;

  private int question;

  /**
   * @param fault what may happen once
   */
  RelayScope(Fault fault, Size size) {
    this.fault = fault;
    this.size = size;
    writers.add(new ModelWriter(table, AGGREGATES.getFirst(), size.first(), fault == Fault.FLAW));
    writers.add(new ModelWriter(table, AGGREGATES.getLast(), size.second(), false));
    for (int i = 0; i < 2; i++) {
      relays.add(new ModelRelay(() -> clock, MAX_TRANSACTION, g -> drained(g)));
    }
    relays.getFirst().own(grant);
  }

  @Override
  public List<String> steps() {
    var steps = new ArrayList<String>();
    for (int w = 0; w < writers.size(); w++) {
      ModelWriter writer = writers.get(w);
      if (writer.open != null) {
        steps.add("commit " + w);
        if (fault == Fault.ROLLBACK && faulty) {
          steps.add("rollback " + w);
        }
      } else if (writer.committed < writer.events) {
        steps.add("write " + w);
        if (!begun) {
          steps.add("begin " + w);
        }
      }
    }
    for (int r = 0; r < relays.size(); r++) {
      if (r == owner || (stale != null && size.questions() > 0)) {
        steps.addAll(reads(r));
      }
      steps.addAll(sends(r));
    }
    if (paused < size.pauses() && writers.stream().allMatch(w -> w.open == null)) {
      steps.add("pause");
    }
    if (faulty && (fault == Fault.REPLACED || fault == Fault.MOVED || fault == Fault.RESTORED)) {
      steps.add("fault");
    }
    if (stale != null) {
      steps.add("abandon");
    }
    if (!table.quarantine.isEmpty()) {
      steps.add("decide");
    }
    return steps;
  }

  /** Looks for rows, alone and while somebody writes. */
  private List<String> reads(int r) {
    var steps = new ArrayList<>(List.of("read " + r));
    for (int w = 0; w < writers.size(); w++) {
      ModelWriter writer = writers.get(w);
      if (writer.open != null || writer.committed < writer.events) {
        for (int q = 2; q <= size.questions(); q++) {
          steps.add("read " + r + " while " + w + " writes before question " + q);
        }
      }
    }
    return steps;
  }

  private List<String> sends(int r) {
    ModelRelay relay = relays.get(r);
    var steps = new ArrayList<String>();
    if (!relay.backlog.isEmpty()) {
      steps.add("send " + r);
    }
    if (!relay.underWay.isEmpty()) {
      steps.add("answer " + r);
      if (faulty && (fault == Fault.LOST_ANSWER || fault == Fault.REFUSED)) {
        steps.add("fail " + r);
      }
    }
    if (relay.deletes.size() > 0) {
      steps.add("delete " + r);
    }
    return steps;
  }

  @Override
  public void take(String step) {
    String[] words = step.split(" ");
    switch (words[0]) {
      case "begin" -> {
        begun = true;
        writer(words[1]).begin();
      }
      case "write" -> writer(words[1]).write();
      case "commit" -> writer(words[1]).commit();
      case "rollback" -> {
        faulty = false;
        writer(words[1]).open = null;
      }
      case "read" -> {
        if (words.length > 2) {
          meanwhile = writer(words[3]);
          question = Integer.parseInt(words[7]);
        }
        read(relay(words[1]));
      }
      case "send" -> relay(words[1]).send(clock, ONE);
      case "answer" -> answer(relay(words[1]));
      case "fail" -> fail(relay(words[1]));
      case "delete" -> relay(words[1]).delete(table, 1, epochs, queue);
      case "pause" -> {
        paused++;
        clock += MAX_TRANSACTION + 1_000 * MILLI;
      }
      case "fault" -> fault();
      case "abandon" -> abandon();
      case "decide" -> table.decide();
      default -> throw new IllegalArgumentException(step);
    }
  }

  private ModelWriter writer(String number) {
    return writers.get(Integer.parseInt(number));
  }

  private ModelRelay relay(String number) {
    return relays.get(Integer.parseInt(number));
  }

  private void asked() {
    ModelWriter writer = meanwhile;
    if (writer != null && --question == 0) {
      meanwhile = null;
      writer.write();
    }
  }

  private void read(ModelRelay relay) {
    try {
      relay.round(table);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
    meanwhile = null;
    question = 0;
  }

  private void answer(ModelRelay relay) {
    for (Message message : relay.underWay.removeFirst()) {
      queue.receive(message);
      queue.acknowledge(message);
      relay.backlog.acknowledged(message);
    }
  }

  private void fail(ModelRelay relay) {
    faulty = false;
    queue.mayRepeat();
    for (Message message : relay.underWay.removeFirst()) {
      if (fault == Fault.LOST_ANSWER) {
        queue.receive(message);
      }
      relay.backlog.failed(message, clock);
    }
  }

  private void fault() {
    faulty = false;
    switch (fault) {
      case REPLACED -> {
        queue.mayRepeat();
        stale = grant;
        grantToOther();
      }
      case MOVED -> {
        draining = true;
        relays.get(owner).drain(grant);
      }
      case RESTORED -> {
        queue.mayRepeat();
        writers.forEach(w -> w.open = null);
        table.restore(1, 1);
        relays.forEach(r -> r.reader.connected());
      }
      default -> throw new IllegalStateException(fault.name());
    }
  }

  private void drained(Grant drained) {
    if (draining && drained.equals(grant)) {
      draining = false;
      grantToOther();
    }
  }

  private void grantToOther() {
    epochs[0]++;
    owner = 1 - owner;
    grant = new Grant(0, SLOTS, epochs[0]);
    relays.get(owner).own(grant);
  }

  /** The relay that was replaced learns of it. */
  private void abandon() {
    Grant old = stale;
    if (old != null) {
      relays.get(1 - owner).abandon(old);
      stale = null;
    }
  }

  @Override
  public void settle() {
    abandon();
    writers.forEach(ModelWriter::commit);
    long until = clock + Duration.ofSeconds(50).toNanos();
    while (clock < until && !isDone()) {
      clock += 20 * MILLI;
      for (ModelRelay relay : relays) {
        read(relay);
        relay.send(clock, ONE);
        while (!relay.underWay.isEmpty()) {
          answer(relay);
        }
        relay.delete(table, 10, epochs, queue);
      }
      table.decide();
    }
    if (!isDone()) {
      throw new AssertionError("left for ever: " + table.rows.values());
    }
    for (ModelWriter writer : writers) {
      if (queue.last(writer.aggregate) != writer.committed) {
        throw new AssertionError(
            writer.aggregate + ": " + queue.last(writer.aggregate) + " of " + writer.committed);
      }
    }
  }

  private boolean isDone() {
    return table.rows.isEmpty()
        && relays.stream().allMatch(r -> r.underWay.isEmpty() && r.backlog.isEmpty());
  }

  @Override
  public Object state() {
    table.forgetCounts();
    return this;
  }
}
