package io.outboxpipeline.relay;

import io.outboxpipeline.ownership.Fence;
import io.outboxpipeline.ownership.LeaseStore;
import io.outboxpipeline.relay.look.Outlook;
import io.outboxpipeline.relay.quarantine.Quarantine;
import io.outboxpipeline.relay.source.Source;
import io.outboxpipeline.runtime.Transactions;
import io.outboxpipeline.runtime.job.JobStep;
import io.outboxpipeline.runtime.job.JobTable;
import java.util.Optional;

/** The store that events are written in, as a relay uses it. Thread-safe. */
interface EventStore extends AutoCloseable {

  Source source(RelayMetrics metrics, Source.Listener listener);

  Fence fence();

  Quarantine quarantine();

  /** What people may look up in it. */
  default Outlook outlook() {
    return Outlook.NONE;
  }

  /** Where decisions about many events are kept, if this store has a place for them. */
  default Optional<Jobs> jobs() {
    return Optional.empty();
  }

  /** Jobs about held events. */
  record Jobs(Transactions transactions, JobTable table, JobStep step) {}

  /** Leases in this store; the relay closes them before it. */
  LeaseStore leases();

  @Override
  void close();
}
