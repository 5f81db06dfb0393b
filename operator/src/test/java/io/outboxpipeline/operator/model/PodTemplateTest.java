package io.outboxpipeline.operator.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.outboxpipeline.operator.api.OutboxPipeline;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class PodTemplateTest {

  @Test
  void no_user_is_set_unless_the_spec_says_one_because_openshift_has_its_own() {
    PodSpec pod = pod(Pipelines.of("relay: {}"), "orders-relay");
    assertThat(pod.getSecurityContext())
        .hasAllNullFieldsOrPropertiesExcept(
            "runAsNonRoot",
            "seccompProfile",
            "additionalProperties",
            "supplementalGroups",
            "sysctls");
    PodSpec own =
        pod(
            Pipelines.of(
                """
                relay:
                  pod:
                    securityContext:
                      fsGroup: 7
                      seccompProfile: {type: Localhost, localhostProfile: mine}
                """),
            "orders-relay");
    assertThat(own.getSecurityContext().getFsGroup()).isEqualTo(7);
    assertThat(own.getSecurityContext().getRunAsNonRoot()).isTrue();
    assertThat(own.getSecurityContext().getSeccompProfile().getType()).isEqualTo("Localhost");
  }

  @Test
  void volumes_and_mounts_are_merged_by_their_key() {
    PodSpec pod =
        pod(
            Pipelines.of(
                """
                relay:
                  pod:
                    volumes:
                      - {name: tmp, emptyDir: {sizeLimit: 1Gi}}
                      - {name: more, secret: {secretName: more}}
                    volumeMounts:
                      - {name: more, mountPath: /more}
                """),
            "orders-relay");
    assertThat(pod.getVolumes()).extracting(Volume::getName).containsExactly("tmp", "more");
    assertThat(pod.getVolumes().getFirst().getEmptyDir().getSizeLimit()).hasToString("1Gi");
    assertThat(pod.getContainers().getFirst().getVolumeMounts())
        .extracting(VolumeMount::getMountPath)
        .containsExactly("/tmp", "/more");
  }

  @Test
  void a_spread_over_the_same_key_comes_instead_of_ours_and_is_of_the_component_s_pods() {
    PodSpec pod =
        pod(
            Pipelines.of(
                """
                relay:
                  pod:
                    topologySpreadConstraints:
                      - topologyKey: topology.kubernetes.io/zone
                        maxSkew: 1
                        whenUnsatisfiable: DoNotSchedule
                """),
            "orders-relay");
    assertThat(pod.getTopologySpreadConstraints())
        .extracting(c -> c.getTopologyKey() + " " + c.getWhenUnsatisfiable())
        .containsExactly(
            "kubernetes.io/hostname ScheduleAnyway", "topology.kubernetes.io/zone DoNotSchedule");
    assertThat(pod.getTopologySpreadConstraints())
        .allMatch(
            c ->
                "relay"
                    .equals(
                        c.getLabelSelector().getMatchLabels().get("app.kubernetes.io/component")));
  }

  @Test
  void a_sidecar_starts_first_ends_last_and_is_restricted() {
    PodSpec pod =
        pod(
            Pipelines.of(
                """
                relay:
                  pod:
                    sidecars:
                      - {name: proxy, image: proxy, securityContext: {runAsUser: 5}}
                """),
            "orders-relay");
    assertThat(pod.getContainers()).hasSize(1);
    Container proxy = pod.getInitContainers().getFirst();
    assertThat(proxy.getRestartPolicy()).isEqualTo("Always");
    assertThat(proxy.getSecurityContext().getRunAsUser()).isEqualTo(5);
    assertThat(proxy.getSecurityContext().getAllowPrivilegeEscalation()).isFalse();
    assertThat(proxy.getSecurityContext().getCapabilities().getDrop()).containsExactly("ALL");
  }

  @Test
  void what_the_operator_sets_goes_before_what_comes_as_a_whole_and_a_change_restarts() {
    OutboxPipeline pipeline =
        Pipelines.of(
            """
            relay:
              pod:
                envFrom:
                  - {secretRef: {name: all}}
                  - {configMapRef: {name: some}}
                sidecars:
                  - name: proxy
                    image: proxy
                    env: [{name: A, valueFrom: {secretKeyRef: {name: one, key: a}}}]
            """);
    assertThat(pod(pipeline, "orders-relay").getContainers().getFirst().getEnvFrom())
        .satisfiesExactly(
            e -> assertThat(e.getSecretRef().getName()).isEqualTo("all"),
            e -> assertThat(e.getConfigMapRef().getName()).isEqualTo("some"),
            e -> assertThat(e.getConfigMapRef().getName()).isEqualTo("orders-relay"));
    assertThat(References.of(pipeline.getSpec()).secrets()).contains("all", "one");
    assertThat(References.of(pipeline.getSpec()).configMaps()).contains("some");
  }

  @Test
  void a_migrator_changes_tables_before_the_service_starts_whose_user_then_may_not() {
    OutboxPipeline pipeline =
        Pipelines.of("base: {pod: {env: [{name: MIGRATE, value: on-start}]}}\nrelay: {}");
    assertThat(pod(pipeline, "orders-base").getInitContainers()).isEmpty();
    OutboxPipeline apart = Pipelines.sample("everything");
    PodSpec base = pod(apart, "spending-base");
    Container migrator = base.getInitContainers().getLast();
    assertThat(migrator.getName()).isEqualTo("migrate");
    assertThat(migrator.getImage()).isEqualTo(base.getContainers().getFirst().getImage());
    assertThat(migrator.getEnv())
        .contains(new EnvVar("MIGRATE", "only", null))
        .filteredOn(e -> e.getName().equals("MYSQL_USER"))
        .singleElement()
        .extracting(e -> e.getValueFrom().getSecretKeyRef().getName())
        .isEqualTo("spending-migrator");
    assertThat(base.getContainers().getFirst().getEnv())
        .contains(new EnvVar("MIGRATE", "never", null))
        .noneMatch(e -> String.valueOf(e.getValueFrom()).contains("spending-migrator"));
    assertThat(pod(apart, "spending-relay").getInitContainers())
        .as("a relay has no tables of its own")
        .extracting(Container::getName)
        .containsExactly("proxy");
    assertThat(pod(apart, "spending-consumer").getInitContainers())
        .as("its database names no migrator")
        .extracting(Container::getName)
        .containsExactly("proxy");
    assertThat(References.of(apart.getSpec()).secrets()).contains("spending-migrator");
  }

  @Test
  void names_are_asked_of_the_cluster_s_dns_alone_and_rules_are_added() {
    NetworkPolicy policy =
        only(Pipelines.sample("everything"), NetworkPolicy.class, "spending-relay");
    var dns = policy.getSpec().getEgress().getFirst();
    assertThat(dns.getTo().getFirst().getNamespaceSelector().getMatchExpressions().getFirst())
        .extracting(e -> e.getValues())
        .isEqualTo(List.of("kube-system", "openshift-dns"));
    assertThat(policy.getSpec().getEgress().getLast().getTo().getFirst().getIpBlock().getCidr())
        .isEqualTo("10.0.0.0/8");
    assertThat(policy.getSpec().getIngress()).hasSize(2);
  }

  private static PodSpec pod(OutboxPipeline pipeline, String name) {
    return only(pipeline, Deployment.class, name).getSpec().getTemplate().getSpec();
  }

  private static <T extends io.fabric8.kubernetes.api.model.HasMetadata> T only(
      OutboxPipeline pipeline, Class<T> kind, String name) {
    return new Wanted(
            pipeline,
            Pipelines.IMAGES,
            Optional.of(Pipelines.QUEUE),
            Pipelines.NOTHING,
            Map.of(),
            Pipelines.API_SERVER)
        .objects().stream()
            .filter(kind::isInstance)
            .filter(o -> o.getMetadata().getName().equals(name))
            .map(kind::cast)
            .findFirst()
            .orElseThrow();
  }
}
