package io.outboxpipeline.relay.source.mysql;

import java.sql.SQLException;

/** The server takes no writes: it is a replica by now, or its disk is full. */
final class ReadOnlyServerException extends SQLException {
  private static final long serialVersionUID = 1;

  ReadOnlyServerException(String server) {
    super("the database server is read-only: " + server);
  }
}
