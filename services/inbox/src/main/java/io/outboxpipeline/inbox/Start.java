package io.outboxpipeline.inbox;

/** Which event of an aggregate that the inbox does not know is its first. */
public enum Start {
  /** Number 1: right for a consumer that was there from the beginning. */
  AT_ONE,
  /**
   * The lowest number in the first {@link Inbox#receive} that has any: for a consumer that joins an
   * old pipeline through a FIFO queue. With a standard queue an event that is overtaken by the
   * first one seen is taken for a duplicate.
   */
  AT_FIRST_SEEN
}
