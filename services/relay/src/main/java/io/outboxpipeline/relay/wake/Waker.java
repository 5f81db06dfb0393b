package io.outboxpipeline.relay.wake;

/**
 * Tells the reading thread of new rows before its next poll. A mere hint: what it misses, polling
 * finds. Thread-safe.
 */
public interface Waker extends AutoCloseable {

  /** Tells of nothing. */
  Waker NONE =
      new Waker() {
        @Override
        public void start() {}

        @Override
        public boolean tellsOfEachCommit() {
          return false;
        }

        @Override
        public boolean watches(long after) {
          return false;
        }

        @Override
        public void close() {}
      };

  void start();

  /** Whether it tells of each commit, also while events flow, as far as it knows. */
  boolean tellsOfEachCommit();

  /**
   * Asked again and again while nothing happens: whether the next row above an id, of whichever
   * slot, will be told of, as far as it knows. Must return at once.
   */
  boolean watches(long after);

  @Override
  void close();
}
