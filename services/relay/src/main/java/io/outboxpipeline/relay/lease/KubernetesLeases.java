package io.outboxpipeline.relay.lease;

import io.outboxpipeline.kubernetes.KubernetesLeaseStore;
import io.outboxpipeline.ownership.LeaseStore;
import io.outboxpipeline.ownership.LeaseTiming;

/** Apart from the rest, so that a relay with its leases elsewhere never loads the client. */
public final class KubernetesLeases {

  private KubernetesLeases() {}

  public static LeaseStore open(Leases.Kubernetes leases, LeaseTiming timing) {
    return KubernetesLeaseStore.open(
        leases.namespace(),
        leases.pipeline(),
        leases.pod().map(p -> new KubernetesLeaseStore.Pod(p.name(), p.uid())),
        timing);
  }
}
