package io.outboxpipeline.helm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outboxpipeline.base.BaseService;
import io.outboxpipeline.base.BaseSettings;
import io.outboxpipeline.consumer.ConsumerService;
import io.outboxpipeline.consumer.ConsumerSettings;
import io.outboxpipeline.embedded.EmbeddedSqs;
import io.outboxpipeline.relay.RelayService;
import io.outboxpipeline.relay.RelaySettings;
import io.outboxpipeline.runtime.Settings;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.TestDatabase;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceLock;

/**
 * The services run, and each metric that an alert or the dashboard names is in what they show. The
 * table of metrics says what they show, no more and no less.
 */
@Execution(ExecutionMode.SAME_THREAD)
@ResourceLock(Cluster.CRD)
final class MetricsIT {

  @Test
  void every_metric_of_alerts_and_dashboard_exists_and_each_that_is_shown_is_documented()
      throws Exception {
    Set<String> shown = new TreeSet<>();
    shown.addAll(ofServices());
    shown.addAll(ofOperator());
    Path documented = Path.of("..", "docs", "metrics.md");
    assertThat(MetricsTable.undocumented(Chart.read(documented), shown))
        .as("shown, and not in %s", documented)
        .isEmpty();
    assertThat(MetricsTable.notShown(Chart.read(documented), shown))
        .as("in %s, and not shown", documented)
        .isEmpty();

    var missing = new TreeMap<String, String>();
    Stream.of(Alerts.alertQueries(), Alerts.dashboardQueries())
        .flatMap(List::stream)
        .forEach(
            query ->
                Alerts.metrics(query).stream()
                    .filter(m -> !shown.contains(m))
                    .forEach(m -> missing.put(m, query)));
    assertThat(missing).isEmpty();
  }

  /** There is no queue: the meters are there all the same. */
  private static Set<String> ofServices() throws Exception {
    System.setProperty("aws.accessKeyId", "x");
    System.setProperty("aws.secretAccessKey", "x");
    Database written = TestDatabase.MARIADB.create();
    Database applied = TestDatabase.MARIADB.create();
    try (var sqs = EmbeddedSqs.start(0);
        var base = BaseService.start(BaseSettings.read(settings(written, sqs)));
        var relay = RelayService.start(RelaySettings.read(settings(written, sqs)));
        var consumer = ConsumerService.start(ConsumerSettings.read(settings(applied, sqs)))) {
      await().until(() -> post(base.port()) == 201);
      return Stream.of(base.port(), relay.port(), consumer.port())
          .flatMap(port -> names(RunningOperator.scrape(port)).stream())
          .collect(Collectors.toSet());
    }
  }

  private static Settings settings(Database database, EmbeddedSqs sqs) {
    return settings(database, sqs, Map.of());
  }

  static Settings settings(Database database, EmbeddedSqs sqs, Map<String, String> more) {
    var environment = new HashMap<>(more);
    environment.put("MYSQL_HOST", database.host());
    environment.put("MYSQL_PORT", String.valueOf(database.port()));
    environment.put("MYSQL_DATABASE", database.name());
    environment.put("MYSQL_USER", database.user());
    environment.put("MYSQL_PASSWORD", database.password());
    // The embedded server has no certificate.
    environment.put("MYSQL_SSL_MODE", "preferred");
    environment.put("SQS_QUEUE", "spending.fifo");
    environment.put("AWS_ENDPOINT_URL_SQS", sqs.endpoint().toString());
    environment.put("AWS_REGION", "elasticmq");
    environment.put("SERVER_PORT", "0");
    environment.put("SERVER_SHUTDOWN_GRACE", "4s");
    return Settings.of(environment);
  }

  private static int post(int port) throws Exception {
    try (var client = HttpClient.newHttpClient()) {
      return client
          .send(
              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/api/v1/spending"))
                  .header("Content-Type", "application/json")
                  .POST(
                      HttpRequest.BodyPublishers.ofString(
                          "{\"identity\":\"a\",\"name\":\"A\",\"surname\":\"B\",\"amount\":\"1.00\"}"))
                  .build(),
              HttpResponse.BodyHandlers.discarding())
          .statusCode();
    }
  }

  /** One that reconciles a pipeline in vain, for only then it shows that. */
  private static Set<String> ofOperator() {
    Cluster cluster = Cluster.get();
    try (var operator = new RunningOperator(cluster, "metrics-operator", "metrics-shop")) {
      String[] role = {"role", "outboxpipeline-operator", "--namespace=metrics-shop"};
      String[] clusterRole = {
        "clusterrole",
        "metrics-operator-outboxpipeline-operator-cluster",
        "--namespace=metrics-shop"
      };
      String rules = cluster.get(role).path("rules").toString();
      String clusterRules = cluster.get(clusterRole).path("rules").toString();
      // No status can be written.
      patch(cluster, role, "[{\"op\":\"remove\",\"path\":\"/rules/1\"}]");
      patch(cluster, clusterRole, "[{\"op\":\"remove\",\"path\":\"/rules/2\"}]");
      operator.pipeline();
      var shown = new TreeSet<String>();
      await()
          .until(
              () -> {
                shown.addAll(names(operator.scrape()));
                return shown.contains("operator_sdk_reconciliations_failed_total");
              });
      patch(
          cluster,
          role,
          "[{\"op\":\"replace\",\"path\":\"/rules\",\"value\":%s}]".formatted(rules));
      patch(
          cluster,
          clusterRole,
          "[{\"op\":\"replace\",\"path\":\"/rules\",\"value\":%s}]".formatted(clusterRules));
      await()
          .until(
              () -> {
                shown.addAll(names(operator.scrape()));
                return shown.containsAll(
                    Set.of(
                        "operator_sdk_reconciliations_success_total", "outboxpipeline_condition"));
              });
      return shown;
    }
  }

  private static void patch(Cluster cluster, String[] object, String patch) {
    cluster.kubectl("patch", object[0], object[1], object[2], "--type=json", "--patch=" + patch);
  }

  private static Set<String> names(String scraped) {
    return scraped
        .lines()
        .filter(l -> !l.startsWith("#") && !l.isBlank())
        .map(l -> l.split("[{ ]")[0])
        .collect(Collectors.toSet());
  }
}
