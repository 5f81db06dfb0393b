package io.outboxpipeline.helm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.outboxpipeline.testkit.Command;
import io.outboxpipeline.testkit.Program;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The chart on a real API server. The operator's pods never run: there is no such image. */
@Execution(ExecutionMode.SAME_THREAD)
@ResourceLock(Cluster.CRD)
final class InstallIT {
  private static final String CRD = "outboxpipelines.outboxpipeline.io";
  private static final String NAMESPACE = "--namespace=install-operator";

  private static Cluster cluster;

  @BeforeAll
  static void start() {
    cluster = Cluster.get();
    cluster.monitoring();
    for (String namespace : List.of(Chart.NAMESPACE, "shop", "billing", "install-operator")) {
      cluster.namespace(namespace);
    }
  }

  @AfterEach
  void cleanUp() {
    // No kubelet runs a hook's pod.
    cluster.run(
        Program.HELM,
        "",
        "uninstall",
        Chart.RELEASE,
        "--ignore-not-found",
        "--no-hooks",
        NAMESPACE);
    cluster.kubectl("delete", "crd", CRD, "--ignore-not-found");
  }

  static List<String> cases() {
    return Chart.cases();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void the_api_server_takes_all_manifests(String values) {
    Command.Result result =
        cluster.run(
            Program.KUBECTL,
            Chart.render("-f", Chart.values(values).toString()),
            "apply",
            "--dry-run=server",
            "--validate=strict",
            "--server-side",
            "-f",
            "-");
    assertThat(result.exit()).as(result.errors()).isZero();
    assertThat(result.errors()).isEmpty();
  }

  @Test
  void an_upgrade_from_an_older_chart_brings_its_crd_along_and_leaves_pipelines_alone(
      @TempDir Path folder) throws IOException {
    helm("install", older(folder).toString());
    assertThat(fields()).doesNotContain("paused");
    assertThat(image()).endsWith(":0.0.9");
    apply();

    helm("upgrade", Chart.FOLDER.toString());
    assertThat(fields()).contains("paused");
    assertThat(image()).endsWith(":" + System.getProperty("project.version"));
    assertThat(cluster.exists("obp", "orders", NAMESPACE)).isTrue();
    cluster.kubectl(
        "patch",
        "obp",
        "orders",
        NAMESPACE,
        "--type=merge",
        "--patch={\"spec\":{\"paused\":true}}");
    assertThat(cluster.get("obp", "orders", NAMESPACE).at("/spec/paused").asBoolean()).isTrue();
  }

  /** The chart as if made before there was spec.paused. */
  private static Path older(Path folder) throws IOException {
    copy(Chart.FOLDER, folder);
    Path chart = folder.resolve("Chart.yaml");
    Files.writeString(
        chart, Chart.read(chart).replaceAll("(?m)^(version|appVersion): .*", "$1: 0.0.9"));
    Path crd = folder.resolve("files").resolve("crd.yaml");
    JsonNode older = Chart.parse(Chart.read(crd)).getFirst();
    ((ObjectNode) older.at("/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties"))
        .remove("paused");
    Files.writeString(crd, Chart.yaml(older));
    return folder;
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.walkFileTree(
        from,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attributes)
              throws IOException {
            Files.createDirectories(to.resolve(from.relativize(dir)));
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.copy(file, to.resolve(from.relativize(file)));
            return FileVisitResult.CONTINUE;
          }
        });
  }

  @Test
  void uninstall_leaves_pipelines_and_crd_and_a_new_install_takes_them_over() {
    helm("install", Chart.FOLDER.toString());
    apply();
    String uid = uid();

    cluster.helm("uninstall", Chart.RELEASE, "--no-hooks", NAMESPACE);
    assertThat(cluster.exists("deployment", "outboxpipeline-operator", NAMESPACE)).isFalse();
    // Deletion takes a moment; its mark is there at once.
    assertThat(cluster.get("crd", CRD).path("metadata").has("deletionTimestamp")).isFalse();
    assertThat(uid()).isEqualTo(uid);

    helm("install", Chart.FOLDER.toString());
    assertThat(uid()).isEqualTo(uid);
  }

  @Test
  void uninstall_takes_pipelines_and_crd_along_if_told_to() {
    helm("install", Chart.FOLDER.toString());
    apply();
    helm("upgrade", Chart.FOLDER.toString(), "--set=crds.keep=false");

    cluster.helm("uninstall", Chart.RELEASE, "--no-hooks", NAMESPACE);
    await().untilAsserted(() -> assertThat(cluster.exists("crd", CRD)).isFalse());
  }

  @Test
  void what_is_installed_without_helm_is_the_same_and_kustomize_takes_it(@TempDir Path folder)
      throws Exception {
    var builder =
        new ProcessBuilder(Path.of("..", ".ci", "manifests").toAbsolutePath().toString())
            .redirectOutput(folder.resolve("install.yaml").toFile())
            .redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().put("HELM", Program.HELM.path());
    assertThat(builder.start().waitFor()).isZero();
    List<JsonNode> objects = Chart.parse(Files.readString(folder.resolve("install.yaml")));
    assertThat(objects)
        .extracting(o -> o.path("kind").asText())
        .startsWith("Namespace")
        .contains("CustomResourceDefinition", "Deployment", "ClusterRoleBinding")
        .doesNotContain("Job", "Pod");
    assertThat(objects.toString()).doesNotContain("managed-by\":\"Helm", "helm.sh");
    Files.writeString(
        folder.resolve("kustomization.yaml"),
        """
        resources: [install.yaml]
        images: [{name: outboxpipeline/operator, newName: mine, newTag: "7"}]
        replicas: [{name: outboxpipeline-operator, count: 0}]
        """);
    // Not at the server's side: the CRD must be small enough for an annotation.
    String applied = cluster.kubectl("apply", "-k", folder.toString());
    assertThat(applied.lines()).hasSize(objects.size());
    assertThat(
            cluster
                .get("deployment", "outboxpipeline-operator", "--namespace=outboxpipeline-system")
                .at("/spec/template/spec/containers/0/image")
                .asText())
        .isEqualTo("mine:7");
    // All but the namespace, where others try manifests.
    cluster.kubectl(
        "delete",
        "deployment,service,serviceaccount,networkpolicy,role,rolebinding,clusterrole,clusterrolebinding",
        "--selector=app.kubernetes.io/instance=" + Chart.RELEASE,
        "--namespace=outboxpipeline-system");
  }

  @Test
  void namespaces_may_be_added_and_taken_away_by_an_upgrade() {
    helm("install", Chart.FOLDER.toString(), "--set=watchNamespaces={shop}");
    assertThat(may("shop")).isTrue();
    assertThat(may("billing")).isFalse();
    helm("upgrade", Chart.FOLDER.toString(), "--set=watchNamespaces={billing}");
    assertThat(may("shop")).isFalse();
    assertThat(may("billing")).isTrue();
    helm("upgrade", Chart.FOLDER.toString());
    assertThat(may("shop")).isTrue();
    assertThat(may("default")).isTrue();
  }

  private static boolean may(String namespace) {
    return cluster
        .run(
            Program.KUBECTL,
            "",
            "auth",
            "can-i",
            "list",
            "secrets",
            "--namespace=" + namespace,
            "--as=system:serviceaccount:install-operator:outboxpipeline-operator")
        .output()
        .strip()
        .equals("yes");
  }

  @Test
  void the_pod_fits_the_restricted_pod_security_standard() {
    cluster.apply(
        "{apiVersion: v1, kind: Namespace, metadata: {name: restricted,"
            + " labels: {pod-security.kubernetes.io/enforce: restricted}}}");
    assertThat(pod("-f", Chart.values("default").toString()).errors()).isEmpty();
    assertThat(pod("--set", "podSecurityContext.seccompProfile=null").errors())
        .contains("violates PodSecurity \"restricted:latest\": seccompProfile");
  }

  private static Command.Result pod(String... flags) {
    JsonNode template =
        Chart.object(Chart.objects(flags), "Deployment", "outboxpipeline-operator")
            .at("/spec/template");
    ObjectNode pod = JsonNodeFactory.instance.objectNode();
    pod.put("apiVersion", "v1").put("kind", "Pod");
    pod.putObject("metadata").put("name", "operator").put("namespace", "restricted");
    ObjectNode spec = template.path("spec").deepCopy();
    spec.put("serviceAccountName", "default");
    pod.set("spec", spec);
    return cluster.run(Program.KUBECTL, Chart.yaml(pod), "create", "--dry-run=server", "-f", "-");
  }

  private static void helm(String verb, String chart, String... flags) {
    var arguments =
        new java.util.ArrayList<>(
            List.of(verb, Chart.RELEASE, chart, NAMESPACE, "--set=replicas=0"));
    arguments.addAll(List.of(flags));
    cluster.helm(arguments.toArray(new String[0]));
    cluster.established(CRD);
  }

  private static void apply() {
    cluster.kubectl(
        "apply",
        NAMESPACE,
        "-f",
        Path.of("..", "crds", "samples", "smallest.yaml").toAbsolutePath().toString());
  }

  private static String uid() {
    return cluster.get("obp", "orders", NAMESPACE).at("/metadata/uid").asText();
  }

  private static List<String> fields() {
    return cluster
        .get("crd", CRD)
        .at("/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties")
        .propertyStream()
        .map(java.util.Map.Entry::getKey)
        .toList();
  }

  private static String image() {
    return cluster
        .get("deployment", "outboxpipeline-operator", NAMESPACE)
        .at("/spec/template/spec/containers/0/image")
        .asText();
  }
}
