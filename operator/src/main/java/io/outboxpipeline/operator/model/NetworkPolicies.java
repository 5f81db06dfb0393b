package io.outboxpipeline.operator.model;

import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyEgressRule;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyEgressRuleBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPort;
import io.outboxpipeline.operator.api.DynamoDbSpec;
import io.outboxpipeline.operator.api.LeaseSpec;
import io.outboxpipeline.operator.api.NetworkPolicySpec;
import io.outboxpipeline.operator.api.OutboxPipeline;
import io.outboxpipeline.operator.api.WorkloadSpec;
import java.net.URI;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A component is reached at its own ports, and reaches DNS, its database, where its spans go and,
 * but for the base, SQS and what SQS needs; with events in DynamoDB, DynamoDB in place of the
 * database. Beside DNS by port alone: databases and SQS are mostly outside, where addresses change.
 */
final class NetworkPolicies {
  private static final List<Integer> DNS = List.of(53, 5353);

  /** Where clusters have their DNS: Kubernetes' own namespace, and OpenShift's. */
  private static final List<String> DNS_NAMESPACES = List.of("kube-system", "openshift-dns");

  /** Where a node's own cache of names listens, which belongs to no namespace. */
  private static final String LINK_LOCAL = "169.254.0.0/16";

  private static final int HTTPS = 443;
  private static final int HTTP = 80;

  private NetworkPolicies() {}

  /**
   * Of a component.
   *
   * @param apiServer the ports that the API server listens at
   */
  static NetworkPolicy of(
      OutboxPipeline pipeline,
      Component component,
      WorkloadSpec spec,
      NavigableSet<Integer> apiServer) {
    NetworkPolicySpec extra = pipeline.getSpec().networkPolicy();
    return new NetworkPolicyBuilder()
        .withMetadata(Names.metadata(pipeline, component))
        .withNewSpec()
        .withNewPodSelector()
        .withMatchLabels(Names.selector(pipeline, component))
        .endPodSelector()
        .withPolicyTypes("Ingress", "Egress")
        .addNewIngress()
        .withPorts(
            IntStream.of(component.port(), component.management())
                .distinct()
                .mapToObj(NetworkPolicies::tcp)
                .toList())
        .endIngress()
        .addAllToIngress(extra.extraIngress())
        .withEgress(dns(), egress(pipeline, component, spec, apiServer))
        .addAllToEgress(extra.extraEgress())
        .endSpec()
        .build();
  }

  /** The cluster's names. */
  static NetworkPolicyEgressRule dns() {
    return new NetworkPolicyEgressRuleBuilder()
        .addNewTo()
        .withNewNamespaceSelector()
        .addNewMatchExpression()
        .withKey("kubernetes.io/metadata.name")
        .withOperator("In")
        .withValues(DNS_NAMESPACES)
        .endMatchExpression()
        .endNamespaceSelector()
        .endTo()
        .addNewTo()
        .withNewIpBlock()
        .withCidr(LINK_LOCAL)
        .endIpBlock()
        .endTo()
        .withPorts(
            DNS.stream()
                .flatMap(
                    p -> Stream.of(new NetworkPolicyPort(null, new IntOrString(p), "UDP"), tcp(p)))
                .toList())
        .build();
  }

  private static NetworkPolicyEgressRule egress(
      OutboxPipeline pipeline,
      Component component,
      WorkloadSpec spec,
      NavigableSet<Integer> apiServer) {
    var tcp = new TreeSet<Integer>();
    Components.database(pipeline.getSpec(), spec).ifPresent(d -> tcp.add(d.port()));
    Optional<DynamoDbSpec> table =
        pipeline.getSpec().optionalDynamoDb().filter(d -> component != Component.CONSUMER);
    if (component != Component.BASE || table.isPresent()) {
      // SQS, DynamoDB, STS for the roles of service accounts, and the cloud's own giver of
      // credentials.
      tcp.add(HTTPS);
      tcp.add(HTTP);
    }
    if (component != Component.BASE) {
      endpoint(pipeline.getSpec().queue().endpoint()).ifPresent(tcp::add);
    }
    table.flatMap(d -> endpoint(d.endpoint())).ifPresent(tcp::add);
    if (component == Component.RELAY
        && pipeline.getSpec().relay().lease().store() == LeaseSpec.Store.Kubernetes) {
      tcp.addAll(apiServer);
    }
    spec.pod().env().stream()
        .filter(e -> e.name().startsWith("OTEL_") && e.name().endsWith("_ENDPOINT"))
        .flatMap(e -> collector(e.value()).stream())
        .forEach(tcp::add);
    return new NetworkPolicyEgressRuleBuilder()
        .withPorts(tcp.stream().map(NetworkPolicies::tcp).toList())
        .build();
  }

  /** Where spans go; what can't be read as a URI is for the service to refuse. */
  private static Optional<Integer> collector(@Nullable String endpoint) {
    try {
      return Optional.ofNullable(endpoint).map(URI::create).map(NetworkPolicies::port);
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static Optional<Integer> endpoint(@Nullable String endpoint) {
    return Optional.ofNullable(endpoint).map(URI::create).map(NetworkPolicies::port);
  }

  private static int port(URI endpoint) {
    if (endpoint.getPort() > 0) {
      return endpoint.getPort();
    }
    return "http".equals(endpoint.getScheme()) ? HTTP : HTTPS;
  }

  static NetworkPolicyPort tcp(int port) {
    return new NetworkPolicyPort(null, new IntOrString(port), "TCP");
  }
}
