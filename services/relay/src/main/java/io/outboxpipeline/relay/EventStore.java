package io.outboxpipeline.relay;

import io.outboxpipeline.ownership.Fence;
import io.outboxpipeline.ownership.LeaseStore;
import io.outboxpipeline.relay.look.Outlook;
import io.outboxpipeline.relay.quarantine.Quarantine;
import io.outboxpipeline.relay.source.Source;

/** The store that events are written in, as a relay uses it. Thread-safe. */
interface EventStore extends AutoCloseable {

  Source source(RelayMetrics metrics, Source.Listener listener);

  Fence fence();

  Quarantine quarantine();

  /** What people may look up in it. */
  default Outlook outlook() {
    return Outlook.NONE;
  }

  /** Leases in this store; the relay closes them before it. */
  LeaseStore leases();

  @Override
  void close();
}
