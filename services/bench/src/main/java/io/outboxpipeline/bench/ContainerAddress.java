package io.outboxpipeline.bench;

import com.github.dockerjava.api.model.Container;
import io.outboxpipeline.testkit.Database;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Arrays;
import java.util.Objects;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.testcontainers.DockerClientFactory;

/**
 * Where a database in a container is reached without the proxy of its published port, which takes a
 * fifth of a core from what is measured.
 */
final class ContainerAddress {
  private static final int MYSQL = 3306;
  private static final int TIMEOUT_MILLIS = 1000;

  private ContainerAddress() {}

  /** The same database at its container's own address where this machine can connect to that. */
  static Database direct(Database published) {
    return addresses(published.port())
        .filter(ContainerAddress::answers)
        .findFirst()
        .map(
            host ->
                new Database(host, MYSQL, published.name(), published.user(), published.password()))
        .orElse(published);
  }

  /** The processes of the containers with this address, as their engine numbers them. */
  static LongStream pids(String address) {
    if (InetAddress.getLoopbackAddress().getHostAddress().equals(address)
        || "localhost".equals(address)) {
      return LongStream.empty();
    }
    var docker = DockerClientFactory.instance().client();
    return docker.listContainersCmd().exec().stream()
        .filter(container -> addresses(container).anyMatch(address::equals))
        .flatMap(
            container ->
                Stream.ofNullable(
                    docker.inspectContainerCmd(container.getId()).exec().getState().getPidLong()))
        .mapToLong(Long::longValue);
  }

  private static Stream<String> addresses(int publishedPort) {
    return DockerClientFactory.instance().client().listContainersCmd().exec().stream()
        .filter(
            container ->
                Arrays.stream(container.getPorts())
                    .anyMatch(port -> Objects.equals(port.getPublicPort(), publishedPort)))
        .flatMap(ContainerAddress::addresses);
  }

  private static Stream<String> addresses(Container container) {
    var settings = container.getNetworkSettings();
    return settings == null
        ? Stream.empty()
        : settings.getNetworks().values().stream()
            .flatMap(network -> Stream.ofNullable(network.getIpAddress()))
            .filter(address -> !address.isBlank());
  }

  private static boolean answers(String host) {
    try (var socket = new Socket()) {
      socket.connect(new InetSocketAddress(host, MYSQL), TIMEOUT_MILLIS);
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
