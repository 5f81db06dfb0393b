package io.outboxpipeline.base;

/** What became of a request to record a spending. */
sealed interface Recorded {

  /** It was written, and so was its event. */
  record Created(Spending spending) implements Recorded {}

  /** The same request was answered before; nothing was written. */
  record Replayed(Spending spending) implements Recorded {}

  /** Its idempotency key belongs to another request; nothing was written. */
  record KeyTaken() implements Recorded {}
}
