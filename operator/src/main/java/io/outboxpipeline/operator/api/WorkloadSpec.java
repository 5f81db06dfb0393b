package io.outboxpipeline.operator.api;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What base, relay and consumer have in common. */
public sealed interface WorkloadSpec permits BaseSpec, RelaySpec, ConsumerSpec {
  @Nullable String image();

  ImagePullPolicy imagePullPolicy();

  /** How many pods; null where that is others' to say. */
  @Nullable Integer replicas();

  ResourcesSpec resources();

  PodSpec pod();

  ServiceAccountSpec serviceAccount();

  String shutdownGrace();

  /** How long stopping may take. */
  default Duration grace() {
    return Durations.parse(shutdownGrace());
  }

  /** When the image is pulled. */
  enum ImagePullPolicy {
    Always,
    IfNotPresent,
    Never
  }
}
