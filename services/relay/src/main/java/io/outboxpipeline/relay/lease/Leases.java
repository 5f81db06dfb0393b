package io.outboxpipeline.relay.lease;

import io.outboxpipeline.runtime.Settings;
import java.util.Optional;

/** Where the relays keep their leases. */
public sealed interface Leases {

  /** In tables of the base database. */
  record Database() implements Leases {}

  /**
   * In Lease objects of Kubernetes.
   *
   * @param pipeline the name that the objects are labelled with
   * @param pod this relay's own, if it runs in one
   */
  record Kubernetes(String namespace, String pipeline, Optional<Pod> pod) implements Leases {}

  /** The pod that a relay runs in. */
  record Pod(String name, String uid) {

    public static Optional<Pod> read(Settings s) {
      Optional<String> name = s.optionalText("relay.pod-name", "POD_NAME");
      Optional<String> uid = s.optionalText("relay.pod-uid", "POD_UID");
      return name.flatMap(n -> uid.map(u -> new Pod(n, u)));
    }
  }

  /** What {@code relay.lease-store} may say. */
  enum Store {
    DATABASE,
    KUBERNETES
  }

  /** Reads the settings; what Kubernetes needs is asked for only if it is chosen. */
  public static Leases read(Settings s) {
    return switch (s.choice("relay.lease-store", "RELAY_LEASE_STORE", Store.DATABASE)) {
      case DATABASE -> new Database();
      case KUBERNETES -> {
        String pipeline = s.requiredText("relay.pipeline", "RELAY_PIPELINE");
        if (!pipeline.isEmpty() && !pipeline.matches("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")) {
          s.problem(
              "relay.pipeline",
              "RELAY_PIPELINE",
              "must be 1 to 63 of a-z, 0-9 and -, not at an end");
        }
        yield new Kubernetes(
            s.requiredText("relay.namespace", "POD_NAMESPACE"), pipeline, Pod.read(s));
      }
    };
  }
}
