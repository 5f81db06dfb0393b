package io.outboxpipeline.quickstart;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Three nodes of MariaDB that replicate by Galera; see {@link SeveralWriters}. */
final class GaleraIT {
  private static final Path FOLDER = Path.of("target", "galera");

  @Test
  void every_commit_arrives_once_and_in_order_while_nodes_die_freeze_and_lose_their_quorum()
      throws Exception {
    try (var galera = Galera.start(FOLDER, "outbox", "spent")) {
      galera.carryAll(FOLDER);
    }
  }
}
