package io.outboxpipeline.relay.wake;

/** What tells a relay of new events before its next poll. */
public enum WakeUp {
  /** Nothing: it polls. */
  NONE,
  /** While nothing happens, a query that waits in the server until there is something. */
  QUERY,
  /** The server's binary log; the user needs REPLICATION SLAVE and REPLICATION CLIENT. */
  BINLOG
}
