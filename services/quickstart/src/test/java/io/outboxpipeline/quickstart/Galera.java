package io.outboxpipeline.quickstart;

import static org.awaitility.Awaitility.await;

import io.outboxpipeline.embedded.EmbeddedMariaDb;
import io.outboxpipeline.testkit.Command;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.JavaProcess;
import io.outboxpipeline.testkit.Program;
import io.outboxpipeline.testkit.TcpProxy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assertions;

/** Three MariaDB servers of this machine that replicate by Galera. */
final class Galera implements SeveralWriters {
  private static final Path LIBRARY = Path.of("/usr/lib/galera/libgalera_smm.so");
  private static final String USER = "outbox";
  private static final Pattern POSITION = Pattern.compile("Recovered position: (\\S+)");

  private final Path folder;
  private final List<Integer> sql = ports();
  private final List<Integer> replication = ports();
  private final List<Integer> increment = ports();
  private final List<Integer> state = ports();
  private final Process[] processes = new Process[NODES];
  private final AtomicInteger turn = new AtomicInteger();
  private final TcpProxy proxy = new TcpProxy(this::next);

  private Galera(Path folder) {
    this.folder = folder;
  }

  private static List<Integer> ports() {
    return List.of(JavaProcess.freePort(), JavaProcess.freePort(), JavaProcess.freePort());
  }

  /** Installs and starts the nodes; where there is no library the calling test is left out. */
  static Galera start(Path folder, String... databases) throws IOException {
    needLibrary();
    var galera = new Galera(Files.createDirectories(folder).toAbsolutePath());
    galera.install(databases);
    galera.launch(0, "--wsrep-new-cluster");
    galera.awaitSize(0, 1);
    for (int node = 1; node < NODES; node++) {
      galera.launch(node);
      galera.awaitSize(node, node + 1);
    }
    return galera;
  }

  private static void needLibrary() {
    if (!Files.exists(LIBRARY)) {
      Program.leaveOut("galera", "there is no " + LIBRARY + ", which Debian's galera-4 has");
    }
  }

  /** The first node's data, made while it is alone, are where all begin. */
  private void install(String... databases) throws IOException {
    EmbeddedMariaDb.install(folder);
    Files.move(folder.resolve("data"), data(0));
    var init = new ArrayList<String>();
    init.add("CREATE USER '%1$s'@'localhost' IDENTIFIED BY '%1$s';".formatted(USER));
    init.add("GRANT ALL ON *.* TO '%s'@'localhost';".formatted(USER));
    for (String database : databases) {
      init.add("CREATE DATABASE %s CHARACTER SET utf8mb4;".formatted(database));
    }
    Path file = Files.write(folder.resolve("init.sql"), init);
    Path script = folder.resolve("wsrep_sst_local");
    try (var in = Galera.class.getResourceAsStream("/wsrep_sst_local")) {
      Files.copy(in, script, StandardCopyOption.REPLACE_EXISTING);
    }
    Assertions.assertTrue(script.toFile().setExecutable(true));
    launch(0, "--wsrep-new-cluster", "--init-file=" + file);
    awaitSize(0, 1);
    processes[0].destroy();
    awaitEnd(0);
    for (int node = 1; node < NODES; node++) {
      Command.of(List.of("cp", "-r", data(0).toString(), data(node).toString())).run("").orFail();
      Files.deleteIfExists(data(node).resolve("gvwstate.dat"));
    }
  }

  private Path data(int node) {
    return folder.resolve("node-" + node);
  }

  private void launch(int node, String... more) throws IOException {
    processes[node] = begin(node, folder.resolve("node-" + node + ".log"), more);
  }

  private Process begin(int node, Path log, String... more) throws IOException {
    var line = new ArrayList<String>();
    line.add(folder.resolve(Path.of("base", "bin", "mariadbd")).toString());
    line.addAll(
        List.of(
            "--no-defaults",
            "--basedir=" + folder.resolve("base"),
            "--datadir=" + data(node),
            "--tmpdir=" + folder.resolve("tmp"),
            "--socket=" + folder.resolve("node-" + node + ".sock"),
            "--port=" + sql.get(node),
            "--bind-address=127.0.0.1",
            "--skip-ssl",
            "--binlog-format=ROW",
            "--innodb-autoinc-lock-mode=2",
            "--innodb-flush-log-at-trx-commit=2",
            "--wsrep-on=ON"));
    line.addAll(
        List.of(
            "--wsrep-provider=" + LIBRARY,
            "--wsrep-cluster-name=outboxpipeline",
            "--wsrep-cluster-address=gcomm://127.0.0.1:" + replication.get(node == 0 ? 1 : 0),
            "--wsrep-node-name=node-" + node,
            "--wsrep-node-address=127.0.0.1",
            "--wsrep-sst-method=local",
            "--wsrep-sst-receive-address=127.0.0.1:" + state.get(node),
            "--wsrep-provider-options=gcache.size=32M;gmcast.listen_addr=tcp://127.0.0.1:%s;ist.recv_addr=127.0.0.1:%s"
                .formatted(replication.get(node), increment.get(node))));
    if (isRoot()) {
      line.add("--user=root");
    }
    line.addAll(List.of(more));
    var builder =
        new ProcessBuilder(line)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    builder.environment().put("PATH", folder + ":" + System.getenv("PATH"));
    builder.environment().put("LD_LIBRARY_PATH", folder.resolve("base/libs").toString());
    return builder.start();
  }

  private void awaitSize(int node, int size) {
    await(data(node).getFileName() + " is one of " + size)
        .ignoreExceptions()
        .until(() -> at(node, "").number(STATUS.formatted("wsrep_cluster_size")) == size);
    await(data(node).getFileName() + " is synced")
        .ignoreExceptions()
        .until(() -> at(node, "").number(STATUS.formatted("wsrep_local_state")) == 4);
  }

  private static final String STATUS =
      "SELECT variable_value FROM information_schema.global_status WHERE variable_name = '%s'";

  /** Whose turn it is, among those whose processes live; a frozen one is among them. */
  private int next() {
    for (int tries = 1; ; tries++) {
      int node = Math.floorMod(turn.getAndIncrement(), NODES);
      Process process = processes[node];
      if (tries == NODES || (process != null && process.isAlive())) {
        return sql.get(node);
      }
    }
  }

  @Override
  public Database through(String database) {
    return new Database("127.0.0.1", proxy.port(), database, USER, USER);
  }

  /** A database at one node. */
  Database at(int node, String database) {
    return new Database("127.0.0.1", sql.get(node), database, USER, USER);
  }

  @Override
  public void kill(int node) throws InterruptedException {
    processes[node].destroyForcibly();
    awaitEnd(node);
  }

  /** From what its disk has; the others send it the rest. */
  @Override
  public void restart(int node) throws IOException, InterruptedException {
    Path log = folder.resolve("recover-" + node + ".log");
    Files.deleteIfExists(log);
    if (!begin(node, log, "--wsrep-recover").waitFor(1, TimeUnit.MINUTES)) {
      throw new IllegalStateException("recovery does not end");
    }
    var position = POSITION.matcher(Files.readString(log));
    if (!position.find()) {
      throw new IllegalStateException("no position in " + log);
    }
    launch(node, "--wsrep-start-position=" + position.group(1));
    awaitSize(node, NODES);
  }

  @Override
  public void freeze(int node) {
    signal(node, "STOP");
  }

  @Override
  public void thaw(int node) {
    signal(node, "CONT");
  }

  private void signal(int node, String name) {
    Command.of(List.of("kill", "-" + name, Long.toString(processes[node].pid()))).run("").orFail();
  }

  private void awaitEnd(int node) {
    try {
      if (!processes[node].waitFor(1, TimeUnit.MINUTES)) {
        throw new IllegalStateException("node " + node + " does not end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static boolean isRoot() {
    return "root".equals(System.getProperty("user.name"));
  }

  @Override
  public void close() {
    proxy.close();
    for (Process process : processes) {
      if (process != null) {
        process.destroyForcibly();
      }
    }
    for (int node = 0; node < NODES; node++) {
      Command.of(List.of("rm", "-rf", data(node).toString())).run("").orFail();
    }
    Command.of(List.of("rm", "-rf", folder.resolve("base").toString())).run("").orFail();
  }
}
