package io.outboxpipeline.ownership;

import java.util.Set;

/** The database has another number of partitions, and relays are alive that work with it. */
public final class PartitionCountException extends RuntimeException {

  private static final long serialVersionUID = 1;

  PartitionCountException(int there, int wanted, Set<MemberId> alive) {
    super(
        "the database has "
            + there
            + " partitions, not "
            + wanted
            + ", and relays are alive that share them out: "
            + alive
            + "; stop them all before changing the number");
  }
}
