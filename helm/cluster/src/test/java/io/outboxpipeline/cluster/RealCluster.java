package io.outboxpipeline.cluster;

import io.outboxpipeline.testkit.BuiltImage;
import io.outboxpipeline.testkit.Command;
import io.outboxpipeline.testkit.Program;
import io.outboxpipeline.testkit.TestImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.testcontainers.containers.BindMode;
import org.testcontainers.containers.Container;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;
import org.testcontainers.k3s.K3sContainer;
import org.testcontainers.utility.DockerImageName;

/**
 * A Kubernetes of three nodes, each a container with a kubelet and containers of its own; the
 * project's images are there. {@code K3S_IMAGE} and {@code MYSQL_IMAGE} name other images.
 */
final class RealCluster implements AutoCloseable {
  static final int BASE = 30081;
  static final int MYSQL = 30306;
  static final int QUEUE = 30324;
  static final int QUEUE_COUNTS = 30325;

  static final String NEXT_RELAY = image("relay") + "-next";
  static final String MYSQL_IMAGE = TestImage.MYSQL.image();

  private static final DockerImageName IMAGE = TestImage.K3S.of();
  private static final String SERVERS = "example.com/role=servers";

  /** Gigabytes of images are unpacked, and the cluster's own database waits for each write. */
  private static final Map<String, String> MEMORY =
      Map.of(
          "/run", "",
          "/var/run", "",
          "/var/lib/rancher", "rw,exec",
          "/var/lib/testkube", "rw,exec");

  private static final String TOKEN = "one-of-a-test";
  private static final Path ROOT = Path.of("..", "..");
  private static final Path FOLDER = Path.of("target", "cluster").toAbsolutePath();

  private final Network network = Network.newNetwork();
  private final Map<String, GenericContainer<?>> nodes = new LinkedHashMap<>();
  private final K3sContainer server;
  private final Path kubeConfig = FOLDER.resolve("kubeconfig.yaml");

  /** Starts it; takes about a minute. */
  RealCluster() {
    save();
    server =
        new K3sContainer(IMAGE)
            .withNetwork(network)
            .withNetworkAliases("server")
            .withEnv("K3S_TOKEN", TOKEN)
            .withFileSystemBind(FOLDER.toString(), "/images", BindMode.READ_ONLY)
            .withTmpFs(MEMORY)
            .withCreateContainerCmdModifier(c -> c.withHostName("server"));
    server.addExposedPorts(BASE, MYSQL, QUEUE, QUEUE_COUNTS);
    server.start();
    nodes.put("server", server);
    for (String agent : List.of("agent-1", "agent-2")) {
      nodes.put(agent, agent(agent));
    }
    try {
      Files.writeString(kubeConfig, server.getKubeConfigYaml());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    nodes.values().parallelStream().forEach(n -> run(n, "ctr images import /images/relay.tar"));
    run(server, "ctr images import /images/others.tar");
    kubectl("wait", "--for=condition=Ready", "node", "--all", "--timeout=90s");
    // What must not be lost with a node has its place on the server's, whatever that one is called.
    kubectl("label", "node", "--all", SERVERS);
    kubectl("label", "node", "agent-1", "agent-2", "example.com/role-");
  }

  static String image(String component) {
    return new BuiltImage(component).name();
  }

  /** Leaves the calling test out where it can't run, and says so. */
  static void assume() {
    String tests = "the journey on a real cluster";
    BuiltImage.need(tests, "base", "relay", "consumer", "operator", "test-queue");
    List.of(TestImage.K3S, TestImage.MYSQL).forEach(image -> image.need(tests));
    List.of(Program.HELM, Program.KUBECTL).forEach(Program::path);
  }

  /** What the nodes import. */
  private static void save() {
    try {
      Files.createDirectories(FOLDER);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    docker("tag", image("relay"), NEXT_RELAY);
    docker("save", "-o", FOLDER.resolve("relay.tar").toString(), image("relay"), NEXT_RELAY);
    docker(
        "save",
        "-o",
        FOLDER.resolve("others.tar").toString(),
        image("operator"),
        image("base"),
        image("consumer"),
        image("test-queue"),
        MYSQL_IMAGE);
  }

  /** As K3sContainer starts the server. */
  private GenericContainer<?> agent(String name) {
    var agent =
        new GenericContainer<>(IMAGE)
            .withNetwork(network)
            .withPrivilegedMode(true)
            .withEnv("K3S_URL", "https://server:6443")
            .withEnv("K3S_TOKEN", TOKEN)
            .withFileSystemBind("/sys/fs/cgroup", "/sys/fs/cgroup", BindMode.READ_WRITE)
            .withFileSystemBind(FOLDER.toString(), "/images", BindMode.READ_ONLY)
            .withTmpFs(MEMORY)
            .withCreateContainerCmdModifier(
                c -> {
                  c.withHostName(name);
                  if (c.getHostConfig() != null) {
                    c.getHostConfig().withCgroupnsMode("host");
                  }
                })
            .withCommand("agent");
    agent.start();
    return agent;
  }

  /** Where a NodePort is reached from outside. */
  int port(int nodePort) {
    return server.getMappedPort(nodePort);
  }

  String host() {
    return server.getHost();
  }

  String kubectl(String... arguments) {
    return kubectl("", List.of(arguments));
  }

  String kubectl(String input, List<String> arguments) {
    var line = new ArrayList<String>(List.of(Program.KUBECTL.path()));
    line.addAll(arguments);
    return run(line, input);
  }

  /** Runs lines of a shell, to the first that fails. */
  String bash(String lines) {
    return run(List.of("bash", "-euo", "pipefail", "-c", lines), "");
  }

  /** Runs a program of this machine at the top of the project, where it talks to this cluster. */
  private String run(List<String> line, String input) {
    return output(new Command(line, ROOT, Map.of("KUBECONFIG", kubeConfig.toString())), input);
  }

  private static String output(Command command, String input) {
    Command.Result result = command.run(input);
    if (result.exit() != 0) {
      throw new IllegalStateException(
          String.join(" ", command.line()) + ":\n" + result.output() + result.errors());
    }
    return result.output().stripTrailing();
  }

  /** Runs a shell's command on a node. */
  String on(String node, String command) {
    return run(nodes.getOrDefault(node, server), command);
  }

  /** The node hangs, with all that runs on it. */
  void pause(String node) {
    docker("pause", id(node));
  }

  /** It goes on, with its old beliefs. */
  void unpause(String node) {
    docker("unpause", id(node));
  }

  /** It is lost for good. */
  void lose(String node) {
    docker("kill", id(node));
  }

  private String id(String node) {
    GenericContainer<?> of = nodes.get(node);
    if (of == null) {
      throw new IllegalArgumentException("no node " + node);
    }
    return of.getContainerId();
  }

  private static String docker(String... arguments) {
    var line = new ArrayList<String>(List.of("docker"));
    line.addAll(List.of(arguments));
    return output(Command.of(line), "");
  }

  private static String run(GenericContainer<?> node, String command) {
    try {
      Container.ExecResult result = node.execInContainer("sh", "-c", command);
      if (result.getExitCode() != 0) {
        throw new IllegalStateException(command + ":\n" + result.getStdout() + result.getStderr());
      }
      return result.getStdout();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    nodes.values().forEach(GenericContainer::stop);
    network.close();
  }
}
