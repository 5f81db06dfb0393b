package io.outboxpipeline.relay;

import io.outboxpipeline.kubernetes.KubernetesLeaseStore;
import io.outboxpipeline.ownership.LeaseStore;
import io.outboxpipeline.ownership.LeaseTiming;

/** Apart from the rest, so that a relay with its leases elsewhere never loads the client. */
final class KubernetesLeases {

  private KubernetesLeases() {}

  static LeaseStore open(Leases.Kubernetes leases, LeaseTiming timing) {
    return KubernetesLeaseStore.open(
        leases.namespace(),
        leases.pipeline(),
        leases.pod().map(p -> new KubernetesLeaseStore.Pod(p.name(), p.uid())),
        timing);
  }
}
