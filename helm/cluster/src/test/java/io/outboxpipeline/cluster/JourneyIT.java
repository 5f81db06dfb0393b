package io.outboxpipeline.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outboxpipeline.testkit.BuiltImage;
import io.outboxpipeline.testkit.TestSize;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * Installed, used, scaled, broken in many ways and taken away on a real cluster, by the commands
 * that users have. After each step, what the base committed is what the consumer has applied.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class JourneyIT {
  private static final Report REPORT = new Report();
  private static final Readme README = new Readme();

  private static RealCluster cluster;
  private static Spending spending;

  @BeforeAll
  static void start() {
    RealCluster.assume();
    cluster = new RealCluster();
    spending = new Spending(cluster, REPORT);
    cluster.kubectl(
        resource("servers.yaml")
            .replace("MYSQL_IMAGE", RealCluster.MYSQL_IMAGE)
            .replace("QUEUE_IMAGE", RealCluster.image("test-queue")),
        List.of("apply", "-f", "-"));
    cluster.kubectl("rollout", "status", "deployment/mysql", "deployment/queue", "--timeout=120s");
    await("mysql")
        .ignoreExceptions()
        .until(() -> spending.database("spending").number("SELECT 1") == 1);
    spending.database("spending").execute("CREATE DATABASE account CHARACTER SET utf8mb4");
    cluster.kubectl(
        "create",
        "secret",
        "generic",
        "spending-aws",
        "--from-literal=accessKeyId=x",
        "--from-literal=secretAccessKey=x");
  }

  @AfterAll
  static void stop() throws IOException {
    if (cluster != null) {
      System.out.println(REPORT.table());
      Files.writeString(Path.of("target", "journey.md"), REPORT.table());
      cluster.close();
    }
  }

  private static String resource(String name) {
    try {
      return Files.readString(Path.of("src", "test", "resources", name));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static void apply(String resource) {
    cluster.kubectl(resource, List.of("apply", "-f", "-"));
  }

  private static void patch(String patch) {
    cluster.kubectl("patch", "obp/spending", "--type=merge", "-p", patch);
  }

  @Test
  @Order(1)
  void the_readme_s_lines_install_it_and_make_a_pipeline_that_is_ready() throws Exception {
    String here =
        " --set=nodeSelector.example\\\\.com/role=servers"
            // The queue's port.
            + " --set='networkPolicy.egressPorts={443,6443,9324}'"
            + Stream.of("image", "components.base", "components.relay", "components.consumer")
                .map(i -> " --set=%s.tag=%s".formatted(i, BuiltImage.TAG))
                .collect(Collectors.joining());
    cluster.bash(
        README
            .install()
            .replace("helm install", "helm install" + here)
            .replace("USER", "root")
            .replace("PASSWORD", "test")
            .replace(
                "crds/samples/spending.yaml", "helm/cluster/src/test/resources/spending.yaml"));
    // Ready is true when a spending posted now reaches the consumer.
    cluster.bash(README.post());
    spending.oracle().check();
    assertThat(spending.database("account").number("SELECT COUNT(*) FROM obt_spending")).isOne();
  }

  @Test
  @Order(2)
  void spendings_from_outside_are_applied_in_order_as_fast_as_they_go() throws Exception {
    LocalDateTime began = spending.oracle().now();
    spending.post(TestSize.of(1_500, 5_000));
    spending.oracle().check();
    REPORT.add("as fast as they go", spending.oracle().since(began), 0);
  }

  @Test
  @Order(3)
  void it_is_scaled_repartitioned_and_upgraded() throws Exception {
    spending.under(
        "`kubectl scale` 1 → 4, 16 → 32 partitions, `helm upgrade`",
        () -> {
          cluster.bash(README.change());
          spending.awaitRelays(4);
        });
    spending.under(
        "`kubectl scale` 4 → 2",
        () -> {
          cluster.kubectl("scale", "obp/spending", "--replicas=2");
          spending.awaitRelays(2);
        });
  }

  @Test
  @Order(4)
  void a_relay_is_deleted_by_force() throws Exception {
    spending.under(
        "`kubectl delete pod --force` of a relay",
        () -> {
          String gone = spending.pods("relay").getFirst();
          cluster.kubectl("delete", "pod", gone, "--force", "--grace-period=0");
          await().until(() -> noneOf(gone));
          spending.awaitRelays(2);
        });
  }

  private static boolean noneOf(String pod) {
    return spending.holders().stream().noneMatch(h -> h.startsWith(pod + "."));
  }

  @Test
  @Order(5)
  void a_relay_is_killed_in_its_pod() throws Exception {
    spending.under(
        "SIGKILL of a relay (its container restarts)",
        () -> {
          String killed = spending.pods("relay").getFirst();
          int before = spending.restarts(killed);
          spending.signal(killed, "KILL");
          await("its container starts again").until(() -> spending.restarts(killed) > before);
          spending.awaitRelays(2);
        });
  }

  @Test
  @Order(6)
  void a_relay_hangs_and_wakes_with_its_old_beliefs() throws Exception {
    spending.under(
        "SIGSTOP of a relay, SIGCONT after its lease",
        () -> {
          String hung = spending.pods("relay").getFirst();
          spending.signal(hung, "STOP");
          await("others have what it owned").until(() -> noneOf(hung));
          spending.signal(hung, "CONT");
          spending.awaitRelays(2);
        });
  }

  @Test
  @Order(7)
  void a_new_image_of_the_relay_rolls_out() throws Exception {
    spending.under(
        "rollout of a new relay image",
        () -> {
          patch("{\"spec\":{\"relay\":{\"image\":\"" + RealCluster.NEXT_RELAY + "\"}}}");
          await()
              .until(
                  () ->
                      cluster
                          .kubectl(
                              "get",
                              "deployment/spending-relay",
                              "-o",
                              "jsonpath={.spec.template.spec.containers[0].image}")
                          .equals(RealCluster.NEXT_RELAY));
          cluster.kubectl("rollout", "status", "deployment/spending-relay", "--timeout=120s");
          spending.awaitRelays(2);
        });
  }

  @Test
  @Order(8)
  void the_operator_goes_and_comes_back() throws Exception {
    spending.under(
        "operator deleted, a relay lost meanwhile, operator recreated",
        () -> {
          operators(0);
          String lost = spending.pods("relay").getFirst();
          cluster.kubectl("delete", "pod", lost, "--force", "--grace-period=0");
          await("relays share out what it owned").until(() -> noneOf(lost));
          operators(1);
          spending.awaitRelays(2);
          spending.awaitReady();
        });
  }

  private static void operators(int count) {
    cluster.kubectl(
        "-n",
        "outboxpipeline-system",
        "scale",
        "deployment",
        "-l",
        "app.kubernetes.io/name=outboxpipeline-operator",
        "--replicas=" + count);
  }

  @Test
  @Order(9)
  void the_api_server_is_away() throws Exception {
    spending.under(
        "API server away until relays stop",
        () -> {
          String rule = "INPUT -p tcp --dport 6443 -j DROP";
          cluster.on("server", "iptables -I " + rule);
          // No relay sends once it could not renew its lease.
          spending.awaitWaiting(10);
          cluster.on("server", "iptables -D " + rule);
          await().ignoreExceptions().until(JourneyIT::readyz);
          cluster.kubectl("wait", "--for=condition=Ready", "node", "--all", "--timeout=90s");
          spending.awaitRelays(2);
        });
  }

  private static boolean readyz() {
    return cluster.kubectl("get", "--raw=/readyz").equals("ok");
  }

  @Test
  @Order(10)
  void the_database_is_killed_and_comes_back() throws Exception {
    spending.under(
        "MySQL pod killed",
        () -> {
          cluster.kubectl("delete", "pod", "-l", "app=mysql", "--force", "--grace-period=0");
          cluster.kubectl("rollout", "status", "deployment/mysql", "--timeout=120s");
          spending.awaitReady();
        });
  }

  @Test
  @Order(11)
  void the_queue_is_away() throws Exception {
    spending.under(
        "queue endpoint hangs until 20 s of events wait",
        () -> {
          String queue =
              cluster.kubectl(
                  "get", "pod", "-l", "app=queue", "-o", "jsonpath={.items[0].metadata.name}");
          spending.signal(queue, "STOP");
          spending.awaitWaiting(20);
          spending.signal(queue, "CONT");
        });
  }

  @Test
  @Order(12)
  void it_is_paused_and_resumed() throws Exception {
    spending.under(
        "paused until 5 s of events wait, resumed",
        () -> {
          patch("{\"spec\":{\"paused\":true}}");
          cluster.kubectl("wait", "--for=condition=Paused", "obp/spending", "--timeout=60s");
          await().until(() -> spending.pods("relay").isEmpty());
          spending.awaitWaiting(5);
          patch("{\"spec\":{\"paused\":false}}");
          spending.awaitRelays(2);
        });
  }

  @Test
  @Order(13)
  void partitions_are_cut_anew() throws Exception {
    spending.under(
        "repartition 32 → 5",
        () -> {
          patch("{\"spec\":{\"relay\":{\"partitions\":5}}}");
          await().until(() -> spending.holders().stream().filter(h -> !h.isEmpty()).count() == 5);
          spending.awaitRelays(2);
          spending.awaitReady();
        });
  }

  @Test
  @Order(14)
  void a_node_hangs_longer_than_leases_and_wakes_with_its_old_beliefs() throws Exception {
    String node = nodeWithRelay();
    List<String> there = relaysOn(node);
    spending.under(
        "node hangs until others have its partitions, and wakes",
        () -> {
          // Its containers may live in other control groups than the node's.
          there.forEach(relay -> spending.signal(relay, "STOP"));
          cluster.pause(node);
          await("others have what its relays owned")
              .until(() -> there.stream().allMatch(JourneyIT::noneOf));
          cluster.unpause(node);
          there.forEach(relay -> spending.signal(relay, "CONT"));
          spending.awaitRelays(2);
        });
  }

  private static List<String> relaysOn(String node) {
    return spending.pods("relay").stream().filter(p -> spending.nodeOf(p).equals(node)).toList();
  }

  private static String nodeWithRelay() {
    return spending.pods("relay").stream()
        .map(spending::nodeOf)
        .filter(n -> n.startsWith("agent-"))
        .findFirst()
        .orElseThrow();
  }

  @Test
  @Order(15)
  void a_node_is_drained() throws Exception {
    String node = nodeWithRelay();
    spending.under(
        "`kubectl drain` of a node",
        () -> {
          cluster.kubectl(
              "drain", node, "--ignore-daemonsets", "--delete-emptydir-data", "--timeout=120s");
          spending.awaitRelays(2);
        });
    // The next one has its place there again.
    cluster.kubectl("uncordon", node);
    cluster.kubectl("delete", "pod", spending.pods("relay").getFirst());
    spending.awaitRelays(2);
  }

  @Test
  @Order(16)
  void a_node_is_lost_for_good() throws Exception {
    String node = nodeWithRelay();
    spending.under(
        "node lost for good",
        () -> {
          List<String> gone = relaysOn(node);
          cluster.lose(node);
          await().until(() -> gone.stream().allMatch(JourneyIT::noneOf));
          // Also when all were there: others take their place.
          spending.awaitRelays(2);
        });
  }

  @Test
  @Order(17)
  void deleted_it_leaves_the_queue_or_takes_it_along_as_the_spec_says() throws Exception {
    cluster.kubectl("delete", "obp/spending", "--timeout=180s");
    spending.oracle().check();
    // Pods on the lost node did not hold that up; who knows that they are gone says so.
    cluster.kubectl(
        "delete",
        "pods",
        "-l",
        "app.kubernetes.io/instance=spending",
        "--force",
        "--grace-period=0");
    await("nothing of it is left but the servers")
        .untilAsserted(
            () ->
                assertThat(cluster.kubectl("get", "pods,deployments,services,leases", "-o", "name"))
                    .doesNotContain("spending-")
                    .contains("mysql"));
    assertThat(spending.queues()).contains("/spending.fifo", "/spending-dlq.fifo");
    // The queue that was left is this pipeline's by its tag.
    apply(resource("spending.yaml").replace("region:", "deletionPolicy: Delete\n    region:"));
    spending.awaitReady();
    spending.post(100);
    spending.oracle().check();
  }

  @Test
  @Order(18)
  void the_readme_s_lines_remove_it() throws Exception {
    cluster.bash(README.remove());
    assertThat(cluster.kubectl("get", "obp", "-o", "name")).isEmpty();
    assertThat(spending.queues()).doesNotContain("spending");
    assertThat(cluster.kubectl("-n", "outboxpipeline-system", "get", "deployments", "-o", "name"))
        .isEmpty();
    assertThat(cluster.kubectl("get", "crd", "-o", "name")).contains("outboxpipelines");
  }
}
