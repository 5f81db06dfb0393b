package io.outboxpipeline.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.outboxpipeline.testkit.Database;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Locale;

/** The pipeline {@code spending} on a cluster, as seen from outside it. */
final class Spending {
  private static final int RATE = 50;

  private final RealCluster cluster;
  private final Oracle oracle;
  private final Report report;

  Spending(RealCluster cluster, Report report) {
    this.cluster = cluster;
    this.report = report;
    oracle = new Oracle(database("spending"), database("account"));
  }

  Database database(String name) {
    return new Database(cluster.host(), cluster.port(RealCluster.MYSQL), name, "root", "test");
  }

  Oracle oracle() {
    return oracle;
  }

  private URI base() {
    return URI.create(
        String.format(
            Locale.ROOT,
            "http://%s:%d/api/v1/spending",
            cluster.host(),
            cluster.port(RealCluster.BASE)));
  }

  /** Posts so many as fast as they are answered. */
  void post(int count) {
    try (var load = new Load(base(), 0, count)) {
      load.await();
    }
  }

  /** What happens to a pipeline. */
  @FunctionalInterface
  interface Fault {
    void happens() throws Exception;
  }

  /** Lets it happen under load, waits for the end of what it caused, and asks the oracle. */
  void under(String name, Fault fault) throws Exception {
    long twice = counts().get("twice").asLong();
    LocalDateTime began;
    try (var load = new Load(base(), RATE, Integer.MAX_VALUE)) {
      await().until(() -> load.posted() > RATE);
      began = oracle.now();
      fault.happens();
      int after = load.posted();
      await(name).until(() -> load.posted() > after + 2 * RATE);
    }
    oracle.check();
    report.add(name, oracle.since(began), counts().get("twice").asLong() - twice);
  }

  /** What the queue has accepted: events, and how many of them twice. */
  private JsonNode counts() {
    var counts =
        URI.create(
            String.format(
                Locale.ROOT,
                "http://%s:%d/",
                cluster.host(),
                cluster.port(RealCluster.QUEUE_COUNTS)));
    return await("the queue's counts")
        .ignoreExceptions()
        .until(
            () -> {
              try (var answer = counts.toURL().openStream()) {
                return new ObjectMapper().readTree(answer);
              }
            },
            read -> read.has("twice"));
  }

  /** What SQS lists. */
  String queues() throws IOException, InterruptedException {
    var request =
        HttpRequest.newBuilder(
                URI.create(
                    String.format(
                        Locale.ROOT,
                        "http://%s:%d/",
                        cluster.host(),
                        cluster.port(RealCluster.QUEUE))))
            .header("x-amz-target", "AmazonSQS.ListQueues")
            .header("content-type", "application/x-amz-json-1.0")
            .POST(HttpRequest.BodyPublishers.ofString("{}"))
            .build();
    try (var http = HttpClient.newHttpClient()) {
      return http.send(request, HttpResponse.BodyHandlers.ofString()).body();
    }
  }

  void awaitReady() {
    cluster.kubectl("wait", "--for=condition=Ready", "obp/spending", "--timeout=120s");
  }

  /** Waits until as many events wait in the outbox as the load makes in this time. */
  void awaitWaiting(int seconds) {
    await(seconds + " seconds of events wait")
        .ignoreExceptions()
        .until(
            () -> database("spending").number("SELECT COUNT(*) FROM obt") >= (long) RATE * seconds);
  }

  /** How often a pod's container has ended and started again. */
  int restarts(String pod) {
    return Integer.parseInt(
        cluster.kubectl(
            "get", "pod", pod, "-o", "jsonpath={.status.containerStatuses[0].restartCount}"));
  }

  /** Waits until so many relays own all partitions, evenly. */
  void awaitRelays(int count) {
    await(count + " relays that share the partitions")
        .pollInterval(Duration.ofMillis(500))
        .untilAsserted(
            () -> {
              var holders = holders();
              assertThat(holders).doesNotContain("");
              assertThat(holders.stream().distinct().count()).isEqualTo(count);
            });
  }

  /** Who holds each partition. */
  List<String> holders() {
    String found =
        cluster.kubectl(
            "get",
            "leases",
            "-l",
            "outboxpipeline.io/pipeline=spending,outboxpipeline.io/lease=partition",
            "-o",
            "jsonpath={range .items[*]}={.spec.holderIdentity}{\"\\n\"}{end}");
    return found.lines().map(h -> h.substring(1)).toList();
  }

  /** The names of the pods of a component that run. */
  List<String> pods(String component) {
    return cluster
        .kubectl(
            "get",
            "pods",
            "-l",
            "app.kubernetes.io/instance=spending,app.kubernetes.io/component=" + component,
            "--field-selector=status.phase=Running",
            "-o",
            "jsonpath={range .items[*]}{.metadata.name}{\"\\n\"}{end}")
        .lines()
        .toList();
  }

  String nodeOf(String pod) {
    return cluster.kubectl("get", "pod", pod, "-o", "jsonpath={.spec.nodeName}");
  }

  /** Sends a signal to a pod's Java. */
  void signal(String pod, String signal) {
    cluster.on(
        nodeOf(pod),
        """
        for p in /proc/[0-9]*; do
          if [ "$(cat $p/comm 2>/dev/null)" = java ] && grep -qa HOSTNAME=%s $p/environ; then
            kill -%s ${p#/proc/}; exit 0
          fi
        done
        echo no process of %s; exit 1
        """
            .formatted(pod, signal, pod));
  }
}
