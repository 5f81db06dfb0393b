package io.outboxpipeline.ownership;

/** Why a membership ended. */
public enum Ending {
  /** It handed over everything and is gone. */
  LEFT,
  /** A newer process runs as the same member. */
  SUPERSEDED,
  /** It was closed without leaving. */
  CLOSED,
  /** The partition work threw an exception. */
  FAILED
}
