package io.outboxpipeline.ownership;

import java.util.Optional;

/** What the membership is stepped by. */
sealed interface Input {

  /** Time went by. */
  record Tick() implements Input {}

  /** A call came back, or failed. */
  record Answered(long call, Answer answer) implements Input {}

  /** Nothing of this grant is in flight any more. */
  record Drained(Grant grant) implements Input {}

  /** A delete found a newer epoch. */
  record FencedOut(Grant grant) implements Input {}

  /** Hand everything over. Notice is given to the next owners for at most so many nanoseconds. */
  record Leave(long maxNoticeNanos) implements Input {}

  /** Abandon everything, leave the heartbeat behind. */
  record Stop(Ending ending) implements Input {}

  /** What a call came back with. */
  sealed interface Answer {

    /** Of a write or a delete. */
    record Cas(CasOutcome outcome) implements Answer {}

    /** Of reading one heartbeat. */
    record Found(Optional<Heartbeat> heartbeat) implements Answer {}

    /** Of reading everything. */
    record Read(Snapshot snapshot) implements Answer {}

    /** Of reading how the fence is cut. */
    record Cut(Layout layout) implements Answer {}

    /** Of cutting it anew; false if it was not as expected. */
    record Laid(boolean done) implements Answer {}

    /** Of raising the fence. */
    record Raise(RaiseOutcome outcome) implements Answer {}

    /** It failed, or took too long: perhaps done, perhaps not, perhaps yet to come. */
    record Unknown() implements Answer {}
  }
}
