package io.outboxpipeline.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Duration;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceAccessMode;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.ResourceLockTarget;

/** What users give their pods, on a real API server. */
@ResourceLock(value = Cluster.PIPELINES, mode = ResourceAccessMode.READ)
@ResourceLock(
    value = SharedOperatorCase.UNDISTURBED,
    mode = ResourceAccessMode.READ,
    target = ResourceLockTarget.CHILDREN)
final class TemplateIT extends SharedOperatorCase {

  /** With all that API servers drop, fill in or write in another way. */
  private static final String TEMPLATE =
      """
      {nodeSelector: {nowhere: here},
       env: [{name: EMPTY, value: ""}],
       envFrom: [{prefix: P_, secretRef: {name: aws, optional: false}}],
       securityContext: {supplementalGroups: [7], fsGroupChangePolicy: OnRootMismatch},
       volumes: [
         {name: tmp, emptyDir: {sizeLimit: 1024Mi}},
         {name: files, configMap: {name: files, optional: true}},
         {name: all, projected: {sources: [
           {secret: {name: aws, items: [{key: accessKeyId, path: id}]}},
           {serviceAccountToken: {path: token}}]}}],
       volumeMounts: [{name: files, mountPath: /files, readOnly: false}],
       sidecars: [
         {name: proxy, image: proxy, args: [], env: [{name: A, value: ""}],
          ports: [{containerPort: 3307}, {containerPort: 3308, protocol: UDP}],
          resources: {requests: {cpu: 1000m, memory: "0.5Gi"}, limits: {memory: 1024Mi}},
          volumeMounts: [{name: all, mountPath: /all}],
          startupProbe: {tcpSocket: {port: 3307}, initialDelaySeconds: 0},
          livenessProbe: {httpGet: {path: /, port: http}, periodSeconds: 0}}],
       topologySpreadConstraints: [
         {topologyKey: rack, maxSkew: 1, whenUnsatisfiable: DoNotSchedule}],
       dnsConfig: {nameservers: [10.0.0.1], options: [{name: ndots}]}}
      """
          .replace("\n", " ");

  @Test
  @ResourceLock(UNDISTURBED)
  void whatever_a_template_says_is_written_once() {
    create("templated", "replicas: 0");
    edit(
        "templated",
        Serialization.asJson(
            Serialization.unmarshal("spec: {relay: {pod: " + TEMPLATE + "}}", Map.class)));
    eventually(() -> assertThat(objects("templated")).contains("Deployment/templated-relay"));
    eventually(
        () ->
            assertThat(deployment("templated-relay").getSpec().getTemplate().getSpec())
                .matches(p -> !p.getInitContainers().isEmpty()));
    eventually(() -> assertThat(condition("templated", "QueueReady")).startsWith("True"));
    double settled = settledWrites();
    String version = deployment("templated-relay").getMetadata().getResourceVersion();
    var pod = deployment("templated-relay").getSpec().getTemplate().getSpec();
    assertThat(pod.getInitContainers()).singleElement().matches(c -> c.getName().equals("proxy"));
    assertThat(pod.getSecurityContext().getRunAsUser()).isNull();
    await()
        .pollDelay(Running.RESYNC.plus(Duration.ofSeconds(2)))
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> assertThat(writes()).isEqualTo(settled));
    assertThat(deployment("templated-relay").getMetadata().getResourceVersion()).isEqualTo(version);
  }

  @Test
  void the_port_of_the_api_server_is_its_own() {
    create("reaches", "replicas: 0");
    eventually(() -> assertThat(objects("reaches")).contains("NetworkPolicy/reaches-relay"));
    NetworkPolicy policy =
        client
            .network()
            .v1()
            .networkPolicies()
            .inNamespace(namespace)
            .withName("reaches-relay")
            .require();
    Integer own =
        client
            .discovery()
            .v1()
            .endpointSlices()
            .inNamespace("default")
            .withName("kubernetes")
            .require()
            .getPorts()
            .getFirst()
            .getPort();
    assertThat(policy.getSpec().getEgress())
        .flatExtracting(r -> r.getPorts())
        .anyMatch(p -> own.equals(p.getPort().getIntVal()));
  }

  /** Each would have the API server answer 500 when the Deployment is applied. */
  @Test
  void what_stands_twice_or_does_not_exist_is_refused_when_the_pipeline_is_applied() {
    for (var wrong :
        Map.of(
                "volumes: [{name: a, emptyDir: {}}, {name: a, emptyDir: {}}]",
                "Duplicate value",
                "volumeMounts: [{name: a, mountPath: /a}, {name: b, mountPath: /a}]",
                "Duplicate value",
                "sidecars: [{name: a, image: a}, {name: a, image: b}]",
                "Duplicate value",
                "sidecars: [{name: a, image: a, env: [{name: A}, {name: A}]}]",
                "Duplicate value",
                "imagePullSecrets: [a, a]",
                "Duplicate value",
                "volumes: [{name: trust, emptyDir: {}}]",
                "the volume trust is the operator's",
                "volumes: [{name: a, hostPath: {path: /}}]",
                "hostPath",
                "sidecars: [{name: relay, image: a}]",
                "a name of its own",
                "securityContext: {runAsUsr: 1}",
                "runAsUsr",
                "envFrom: [{secretRef: {nam: a}}]",
                "nam")
            .entrySet()) {
      assertRefused(() -> strictly(wrong.getKey()), wrong.getKey(), wrong.getValue());
    }
  }

  private static void assertRefused(ThrowingCallable apply, String what, String why) {
    assertThat(org.assertj.core.api.Assertions.catchThrowable(apply))
        .as(what)
        .isInstanceOf(KubernetesClientException.class)
        .hasMessageContaining(why);
  }

  /** As kubectl does it: unknown fields are errors. */
  private void strictly(String pod) {
    var pipeline =
        Serialization.unmarshal(
            """
            apiVersion: outboxpipeline.io/v1alpha1
            kind: OutboxPipeline
            metadata: {name: refused}
            spec:
              database: {host: mysql, name: refused, credentials: {secretName: database}}
              queue: {name: refused.fifo}
              relay: {pod: {%s}}
            """
                .formatted(pod),
            GenericKubernetesResource.class);
    client
        .resource(pipeline)
        .inNamespace(namespace)
        .fieldValidation(io.fabric8.kubernetes.client.dsl.FieldValidateable.Validation.STRICT)
        .create();
  }
}
