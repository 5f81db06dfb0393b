package io.outboxpipeline.ownership;

import io.outboxpipeline.ownership.Command.Op;
import java.util.Optional;

/** What a member knows of the fence: its layout, and since when the fence does not answer. */
final class FenceWatch {

  private final Calls calls;
  private final long retryPeriod;

  private Optional<Layout> layout = Optional.empty();

  /** What a later call reads was read after the layout. */
  private long answeredAt;

  private long readAt;

  /** The call that reads or lays the fence, 0 if none waits. */
  private long call;

  private Optional<Long> awaySince = Optional.empty();

  FenceWatch(Calls calls, long retryPeriodNanos, long now) {
    this.calls = calls;
    retryPeriod = retryPeriodNanos;
    readAt = now;
  }

  /** Reads the layout if it is time to. */
  void advance(long now) {
    if (call == 0 && now - readAt >= 0) {
      call = calls.issue(new Op.ReadLayout(), now);
      readAt = now + retryPeriod;
    }
  }

  /** When it reads next; {@code otherwise} if that is earlier, or if a call waits. */
  long wakeAt(long otherwise) {
    return call != 0 || readAt - otherwise > 0 ? otherwise : readAt;
  }

  void readBy(long nanos) {
    readAt = readAt - nanos <= 0 ? readAt : nanos;
  }

  /** Lays the fence anew, if it is still as it was when it was read. */
  void lay(Layout seen, int partitions, long now) {
    call = calls.issue(new Op.LayFence(seen, partitions), now);
  }

  /** Whether this is the answer that it waits for; then it waits no more. */
  boolean takes(long answered) {
    boolean awaited = answered == call;
    if (awaited) {
      call = 0;
    }
    return awaited;
  }

  void found(Layout there) {
    layout = Optional.of(there);
    answeredAt = calls.last();
    awaySince = Optional.empty();
  }

  /**
   * It did not answer.
   *
   * @param alone whether the lease store answers meanwhile: while it doesn't either, everything is
   *     away, and that is another matter
   */
  void silent(boolean alone, long now) {
    layout = Optional.empty();
    awaySince = alone ? awaySince.or(() -> Optional.of(now)) : Optional.empty();
  }

  boolean awayFor(long nanos, long now) {
    return awaySince.filter(away -> now - away >= nanos).isPresent();
  }

  /** Whoever works with no partitions must read the layout before it works with some. */
  void forget(long now) {
    layout = Optional.empty();
    readAt = now;
  }

  Optional<Layout> layout() {
    return layout;
  }

  /** Whether what this call read is newer than the layout, and no other answer is waited for. */
  boolean isSettledBefore(long readBy) {
    return call == 0 && readBy > answeredAt;
  }
}
