package io.outboxpipeline.helm;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.outboxpipeline.testkit.Command;
import io.outboxpipeline.testkit.Program;
import io.outboxpipeline.testkit.TestCluster;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The real API server, by the programs that people use. */
final class Cluster {
  /** The lock of who installs the chart, because the CRD belongs to the whole cluster. */
  static final String CRD = "the CRD of the test cluster";

  private final Path kubeconfig;

  private Cluster(Path kubeconfig) {
    this.kubeconfig = kubeconfig;
  }

  /** The one of this JVM, as an administrator. */
  static Cluster get() {
    try {
      Path file = Files.createTempFile("kubeconfig", ".yaml");
      file.toFile().deleteOnExit();
      Files.writeString(file, TestCluster.get().kubeconfig());
      return new Cluster(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Command.Result run(Program program, String input, String... arguments) {
    var all = new ArrayList<>(List.of(arguments));
    all.add("--kubeconfig=" + kubeconfig);
    return program.run(input, all);
  }

  /** The file by which programs reach it. */
  String config() {
    return kubeconfig.toString();
  }

  /** Fails the test if it does. */
  String kubectl(String... arguments) {
    return run(Program.KUBECTL, "", arguments).orFail();
  }

  /** Fails the test if it does. */
  String helm(String... arguments) {
    return run(Program.HELM, "", arguments).orFail();
  }

  void apply(String manifests) {
    run(Program.KUBECTL, manifests, "apply", "--server-side", "-f", "-").orFail();
  }

  JsonNode get(String... what) {
    var arguments = new ArrayList<>(List.of("get", "-o", "yaml"));
    arguments.addAll(List.of(what));
    return Chart.parse(kubectl(arguments.toArray(new String[0]))).getFirst();
  }

  boolean exists(String... what) {
    var arguments = new ArrayList<>(List.of("get", "--ignore-not-found", "-o", "name"));
    arguments.addAll(List.of(what));
    return !run(Program.KUBECTL, "", arguments.toArray(new String[0])).output().isBlank();
  }

  /** Makes it unless it is there. */
  void namespace(String name) {
    apply("{apiVersion: v1, kind: Namespace, metadata: {name: %s}}".formatted(name));
  }

  /** Waits for a CRD. kubectl itself fails at one so young that it has no conditions. */
  void established(String crd) {
    await()
        .until(
            () ->
                run(
                            Program.KUBECTL,
                            "",
                            "wait",
                            "--for=condition=Established",
                            "--timeout=30s",
                            "crd/" + crd)
                        .exit()
                    == 0);
  }

  void monitoring() {
    for (var kind :
        Map.of("ServiceMonitor", "servicemonitors", "PrometheusRule", "prometheusrules")
            .entrySet()) {
      String name = kind.getValue() + ".monitoring.coreos.com";
      apply(monitoringCrd(name, kind.getKey(), kind.getValue()));
      established(name);
    }
  }

  /** The kubeconfig of a ServiceAccount. */
  String kubeconfig(String namespace, String account) {
    String token = kubectl("create", "token", account, "-n", namespace, "--duration=1h").strip();
    return Chart.read(kubeconfig)
        .replaceFirst("(?s)\\nusers:.*?(?=\\n[a-z]|$)", "")
        .replaceFirst("\\s*$", "\n")
        .concat("users:\n- name: %s\n  user: {token: %s}\n".formatted(user(), token));
  }

  private String user() {
    return Chart.parse(Chart.read(kubeconfig)).getFirst().at("/users/0/name").asText();
  }

  /** As much of one of the Prometheus Operator's CRDs as it takes to have objects of it. */
  private static String monitoringCrd(String name, String kind, String plural) {
    return """
      apiVersion: apiextensions.k8s.io/v1
      kind: CustomResourceDefinition
      metadata:
        name: %1$s
      spec:
        group: monitoring.coreos.com
        scope: Namespaced
        names: {kind: %2$s, plural: %3$s}
        versions:
          - name: v1
            served: true
            storage: true
            schema:
              openAPIV3Schema:
                type: object
                required: [spec]
                properties:
                  spec:
                    type: object
                    x-kubernetes-preserve-unknown-fields: true
      """
        .formatted(name, kind, plural);
  }
}
