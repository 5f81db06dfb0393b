package io.outboxpipeline.operator.model;

import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.kubernetes.api.model.rbac.RoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBuilder;
import io.outboxpipeline.operator.api.OutboxPipeline;
import io.outboxpipeline.operator.api.WorkloadSpec;
import java.util.Optional;

/**
 * Who the pods are, and what they may ask of the API server: relays that keep leases there, leases;
 * all others nothing, not even with a token.
 */
final class Accounts {
  private Accounts() {}

  static ServiceAccount serviceAccount(
      OutboxPipeline pipeline, Component component, WorkloadSpec spec) {
    return new ServiceAccountBuilder()
        .withMetadata(Names.metadata(pipeline, component))
        .editMetadata()
        .addToAnnotations(spec.serviceAccount().annotations())
        .endMetadata()
        .withAutomountServiceAccountToken(false)
        .build();
  }

  /** Which account a component's pods have. */
  static String name(OutboxPipeline pipeline, Component component, WorkloadSpec spec) {
    return Optional.ofNullable(spec.serviceAccount().name()).orElse(Names.of(pipeline, component));
  }

  static Role role(OutboxPipeline pipeline) {
    return new RoleBuilder()
        .withMetadata(Names.metadata(pipeline, Component.RELAY))
        .addNewRule()
        .withApiGroups("coordination.k8s.io")
        .withResources("leases")
        .withVerbs("get", "list", "create", "patch", "delete")
        .endRule()
        .build();
  }

  static RoleBinding roleBinding(OutboxPipeline pipeline, WorkloadSpec spec) {
    return new RoleBindingBuilder()
        .withMetadata(Names.metadata(pipeline, Component.RELAY))
        .withNewRoleRef("rbac.authorization.k8s.io", "Role", Names.of(pipeline, Component.RELAY))
        .addNewSubject()
        .withKind("ServiceAccount")
        .withName(name(pipeline, Component.RELAY, spec))
        .withNamespace(pipeline.getMetadata().getNamespace())
        .endSubject()
        .build();
  }
}
