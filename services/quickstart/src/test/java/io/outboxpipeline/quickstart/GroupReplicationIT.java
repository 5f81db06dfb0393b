package io.outboxpipeline.quickstart;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Three primaries of MySQL Group Replication; see {@link SeveralWriters}. */
final class GroupReplicationIT {

  @Test
  void every_commit_arrives_once_and_in_order_while_nodes_die_freeze_and_lose_their_quorum()
      throws Exception {
    try (var group = GroupReplication.start("outbox", "spent")) {
      group.carryAll(Path.of("target", "group-replication"));
    }
  }
}
