package io.outboxpipeline.ownership;

import java.util.Optional;

/** What a member that works with no partitions does about their number. */
sealed interface Repartition {

  /** Work with so many: the fence is laid out for them. */
  record Work(int partitions) implements Repartition {}

  /** Lay the fence anew: nobody may send for a partition of the layout seen. */
  record Lay(Layout seen, int partitions) implements Repartition {}

  /** Others still work with the former number, or what was read is too old to tell. */
  record Wait() implements Repartition {}

  /** It is not known how many there shall be, or how many the fence has. */
  record Ask() implements Repartition {}

  /**
   * Decides on values alone.
   *
   * @param allFree whether no lease names one who may still send
   * @param allIdle whether every live heartbeat says that its member works with no partitions
   * @param readAfter whether leases and heartbeats were read after the layout: whoever starts a
   *     partition of it after they were read changes the layout, and it is not laid anew
   */
  static Repartition next(
      Optional<Layout> layout,
      Optional<Integer> wanted,
      boolean allFree,
      boolean allIdle,
      boolean readAfter) {
    if (layout.isEmpty() || wanted.isEmpty()) {
      return new Ask();
    }
    if (wanted.get() == layout.get().partitions()) {
      return new Work(wanted.get());
    }
    return allFree && allIdle && readAfter ? new Lay(layout.get(), wanted.get()) : new Wait();
  }
}
