package io.outboxpipeline.operator.model;

import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.outboxpipeline.operator.api.OutboxPipeline;
import io.outboxpipeline.operator.api.ServiceSpec;

/**
 * The Service in front of a component: what its clients need. Its management port, if it has one,
 * stays within the cluster.
 */
final class Services {
  private Services() {}

  static Service of(OutboxPipeline pipeline, Component component, ServiceSpec spec) {
    return new ServiceBuilder()
        .withMetadata(Names.metadata(pipeline, component))
        .editMetadata()
        .addToAnnotations(spec.annotations())
        .endMetadata()
        .withNewSpec()
        .withType(spec.type().name())
        .withSelector(Names.selector(pipeline, component))
        .addNewPort()
        .withName("http")
        .withProtocol("TCP")
        .withPort(component.port())
        .withNewTargetPort("http")
        .endPort()
        .endSpec()
        .build();
  }
}
