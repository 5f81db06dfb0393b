package io.outboxpipeline.inbox;

/** What became of a received event. In every case its message is done with once this commits. */
public sealed interface Outcome {

  /** The handler ran for it. */
  record Applied() implements Outcome {}

  /** It is a tombstone, and its turn had come. The handler did not run. */
  record Passed() implements Outcome {}

  /** It was applied, passed or skipped before, or came twice in this call. */
  record Duplicate() implements Outcome {}

  /**
   * It is kept until its turn comes.
   *
   * @param awaits the number that must come first
   */
  record Parked(long awaits) implements Outcome {}

  /**
   * The handler rejected it: it is kept, and what follows in its chain waits, until it is retried
   * or discarded.
   */
  record Rejected(String reason) implements Outcome {}

  /**
   * Another event of the chain has its number: the outbox's database gave numbers out again. It is
   * kept, and its chain waits, until it is applied all the same or discarded.
   *
   * @param reason a sentence for the person who must decide about it
   */
  record Conflict(String reason) implements Outcome {}
}
