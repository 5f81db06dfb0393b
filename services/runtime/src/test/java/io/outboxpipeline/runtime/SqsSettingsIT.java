package io.outboxpipeline.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.outboxpipeline.embedded.EmbeddedSqs;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.exception.SdkException;

final class SqsSettingsIT {

  private static SqsSettings at(URI endpoint) {
    return new SqsSettings(
        "spending",
        Optional.empty(),
        Optional.of(endpoint),
        Optional.of("eu-central-1"),
        Optional.of(
            StaticCredentialsProvider.create(
                AwsBasicCredentials.create("AKIDEXAMPLE", "topsecret"))));
  }

  @Test
  void a_queue_is_found_by_its_name_or_its_url() {
    try (var sqs = EmbeddedSqs.start(0);
        var client =
            at(sqs.endpoint()).open(SqsSettings.Retries.STANDARD, Duration.ofSeconds(10), 4)) {
      client.createQueue(r -> r.queueName("spending"));
      String url = SqsSettings.url(client, "spending");
      assertThat(url).endsWith("/spending");
      assertThat(SqsSettings.url(client, url)).isEqualTo(url);
      client.sendMessage(r -> r.queueUrl(url).messageBody("hello"));
      assertThat(client.receiveMessage(r -> r.queueUrl(url)).messages()).hasSize(1);
    }
  }

  @Test
  void retries_can_be_switched_off() throws IOException {
    var requests = new AtomicInteger();
    var broken = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    broken.createContext(
        "/",
        exchange -> {
          requests.incrementAndGet();
          exchange.sendResponseHeaders(503, -1);
          exchange.close();
        });
    broken.start();
    var settings = at(URI.create("http://127.0.0.1:" + broken.getAddress().getPort()));
    try {
      assertThat(attempts(settings, SqsSettings.Retries.OFF, requests)).isEqualTo(1);
      assertThat(attempts(settings, SqsSettings.Retries.STANDARD, requests)).isGreaterThan(1);
    } finally {
      broken.stop(0);
    }
  }

  private static int attempts(
      SqsSettings settings, SqsSettings.Retries retries, AtomicInteger requests) {
    requests.set(0);
    try (var client = settings.open(retries, Duration.ofSeconds(30), 1)) {
      assertThatThrownBy(() -> SqsSettings.url(client, "spending"))
          .isInstanceOf(SdkException.class);
    }
    return requests.get();
  }

  @Test
  void a_call_ends_at_its_time_out() throws IOException {
    var silent = new java.net.ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    var settings = at(URI.create("http://127.0.0.1:" + silent.getLocalPort()));
    try (silent;
        var client = settings.open(SqsSettings.Retries.OFF, Duration.ofMillis(400), 1)) {
      long before = System.nanoTime();
      assertThatThrownBy(() -> SqsSettings.url(client, "spending"))
          .isInstanceOf(SdkException.class);
      assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(5));
    }
  }

  @Test
  void the_settings_are_read_and_print_without_credentials() {
    Settings s =
        Settings.of(
            Map.of(
                "SQS_QUEUE",
                "spending.fifo",
                "AWS_ENDPOINT_URL_SQS",
                "http://localhost:9324",
                "AWS_REGION",
                "eu-central-1"));
    assertThat(SqsSettings.read(s))
        .isEqualTo(
            new SqsSettings(
                "spending.fifo",
                Optional.empty(),
                Optional.of(URI.create("http://localhost:9324")),
                Optional.of("eu-central-1"),
                Optional.empty()));
    s.check();
    assertThat(at(URI.create("http://localhost:9324")).toString())
        .contains("spending")
        .doesNotContain("AKID", "topsecret");
  }
}
