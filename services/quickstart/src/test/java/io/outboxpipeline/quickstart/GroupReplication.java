package io.outboxpipeline.quickstart;

import static org.awaitility.Awaitility.await;

import com.github.dockerjava.api.model.ExposedPort;
import com.github.dockerjava.api.model.Ports;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.TcpProxy;
import io.outboxpipeline.testkit.TestImage;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.Network;
import org.testcontainers.mysql.MySQLContainer;

/**
 * Three MySQL servers in containers, all of them primaries of one group. Each is initialised by
 * itself, so it forgets its own transactions before it joins.
 */
final class GroupReplication implements SeveralWriters {
  private static final String NAME = "8a1a2f6e-7c1b-4e55-9d0a-3f3b5f2f9a11";
  private static final String PASSWORD = "test";

  private final Network network = Network.newNetwork();
  private final List<MySQLContainer> nodes = new ArrayList<>();
  private final boolean[] runs = new boolean[NODES];
  private final int[] ports = new int[NODES];
  private final AtomicInteger turn = new AtomicInteger();
  private final TcpProxy proxy = new TcpProxy(this::next);

  /** Starts the group; where there is no Docker the calling test is left out. */
  static GroupReplication start(String... databases) {
    TestImage.MYSQL.need(GroupReplicationIT.class.getSimpleName());
    var group = new GroupReplication();
    for (int node = 0; node < NODES; node++) {
      group.launch(node);
    }
    for (int node = 0; node < NODES; node++) {
      group.at(node, "mysql").execute("RESET BINARY LOGS AND GTIDS");
      group.join(node, node == 0);
    }
    for (String database : databases) {
      group.at(0, "mysql").execute("CREATE DATABASE " + database + " CHARACTER SET utf8mb4");
    }
    return group;
  }

  private void launch(int node) {
    String name = "n" + node;
    var container =
        new MySQLContainer(TestImage.MYSQL.of())
            .withUsername("root")
            .withPassword(PASSWORD)
            .withNetwork(network)
            .withNetworkAliases(name)
            .withCreateContainerCmdModifier(c -> c.withHostName(name))
            .withCommand(
                "mysqld",
                "--server-id=" + (node + 1),
                "--report-host=" + name,
                "--max-connections=300",
                "--innodb-flush-log-at-trx-commit=2",
                "--sync-binlog=0",
                "--gtid-mode=ON",
                "--enforce-gtid-consistency=ON",
                "--plugin-load-add=group_replication.so",
                "--loose-group-replication-group-name=" + NAME,
                "--loose-group-replication-start-on-boot=OFF",
                "--loose-group-replication-local-address=" + name + ":33061",
                "--loose-group-replication-group-seeds=n0:33061,n1:33061,n2:33061",
                "--loose-group-replication-single-primary-mode=OFF",
                "--loose-group-replication-enforce-update-everywhere-checks=ON",
                // Else commits hang for ever on a node without a quorum, and reads go on.
                "--loose-group-replication-unreachable-majority-timeout=5",
                "--loose-group-replication-recovery-get-public-key=ON");
    nodes.add(container);
    container.start();
    started(node);
    runs[node] = true;
  }

  private void join(int node, boolean first) {
    Database here = at(node, "mysql");
    if (first) {
      here.execute("SET GLOBAL group_replication_bootstrap_group = ON");
    }
    here.execute("START GROUP_REPLICATION USER = 'root', PASSWORD = '" + PASSWORD + "'");
    if (first) {
      here.execute("SET GLOBAL group_replication_bootstrap_group = OFF");
    }
    await("n" + node + " is online")
        .ignoreExceptions()
        .until(
            () ->
                here.number(
                        """
                        SELECT COUNT(*) FROM performance_schema.replication_group_members
                        WHERE member_host = 'n%s' AND member_state = 'ONLINE'
                        """
                            .formatted(Integer.toString(node)))
                    == 1);
  }

  /** Whose turn it is, among those whose containers run; a frozen one is among them. */
  private int next() {
    for (int tries = 1; ; tries++) {
      int node = Math.floorMod(turn.getAndIncrement(), NODES);
      if (tries == NODES || runs[node]) {
        return ports[node];
      }
    }
  }

  /** Docker gives a container another port each time it starts. */
  private void started(int node) {
    var info = DockerClientFactory.lazyClient().inspectContainerCmd(id(node)).exec();
    var bindings = info.getNetworkSettings().getPorts().getBindings();
    Ports.Binding[] published = bindings.get(ExposedPort.tcp(3306));
    if (published == null) {
      throw new IllegalStateException("n" + node + " has no port");
    }
    ports[node] = Integer.parseInt(published[0].getHostPortSpec());
  }

  private Database at(int node, String database) {
    return new Database(nodes.get(node).getHost(), ports[node], database, "root", PASSWORD);
  }

  @Override
  public Database through(String database) {
    return new Database("127.0.0.1", proxy.port(), database, "root", PASSWORD);
  }

  @Override
  public void kill(int node) {
    runs[node] = false;
    DockerClientFactory.lazyClient().killContainerCmd(id(node)).exec();
  }

  @Override
  public void restart(int node) {
    DockerClientFactory.lazyClient().startContainerCmd(id(node)).exec();
    started(node);
    await("n" + node + " answers")
        .ignoreExceptions()
        .until(() -> at(node, "mysql").number("SELECT 1") == 1);
    join(node, false);
    runs[node] = true;
  }

  @Override
  public void freeze(int node) {
    DockerClientFactory.lazyClient().pauseContainerCmd(id(node)).exec();
  }

  @Override
  public void thaw(int node) {
    DockerClientFactory.lazyClient().unpauseContainerCmd(id(node)).exec();
  }

  private String id(int node) {
    return nodes.get(node).getContainerId();
  }

  @Override
  public void close() {
    proxy.close();
    nodes.forEach(MySQLContainer::stop);
    network.close();
  }
}
