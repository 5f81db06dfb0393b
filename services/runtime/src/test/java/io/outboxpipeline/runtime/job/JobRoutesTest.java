package io.outboxpipeline.runtime.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.outboxpipeline.runtime.Metrics;
import io.outboxpipeline.runtime.ServerSettings;
import io.outboxpipeline.runtime.ServiceServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;

final class JobRoutesTest {

  @Test
  void a_service_that_keeps_no_jobs_says_so_and_why() throws Exception {
    try (var metrics = new Metrics();
        var http = HttpClient.newHttpClient();
        var server =
            ServiceServer.builder("example", ServerSettings.local(0), metrics)
                .routing(r -> r.register("/admin", JobRoutes.none("It has no place for them.")))
                .start()) {
      for (String path : new String[] {"/admin/jobs", "/admin/jobs/1", "/admin/jobs/1/stop"}) {
        var request =
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
                .POST(HttpRequest.BodyPublishers.ofString("{}"))
                .build();
        var answer = http.send(request, HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(path).isEqualTo(501);
        assertThat(answer.body()).contains("It has no place for them.");
      }
    }
  }
}
