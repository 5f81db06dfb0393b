package io.outboxpipeline.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.net.URI;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SqsSettingsTest {
  private static SqsSettings read(Map<String, String> environment) {
    Settings settings = Settings.of(environment);
    SqsSettings sqs = SqsSettings.read(settings);
    settings.check();
    return sqs;
  }

  @ParameterizedTest
  @CsvSource({
    "http://sqs.example.com, true",
    "HTTP://10.0.0.7:9324/q, true",
    "http://127.example.com, true",
    "http://[fd00::1]:9324, true",
    "http://localhost.example.com, true",
    "https://sqs.example.com, false",
    "http://localhost:9324, false",
    "http://queue.localhost:9324, false",
    "http://127.0.0.1:9324, false",
    "http://[::1]:9324, false"
  })
  void an_endpoint_without_tls_is_warned_of_unless_it_is_this_machine(URI endpoint, boolean warns) {
    assertThat(SqsSettings.isReadableOnTheWay(endpoint)).isEqualTo(warns);
  }

  @Test
  void an_arn_is_no_name_of_a_queue() {
    assertThatThrownBy(
            () -> read(Map.of("SQS_QUEUE", "arn:aws:sqs:eu-central-1:123456789012:events.fifo")))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("sqs.queue (SQS_QUEUE) is an ARN: give the queue's name or its URL");
    assertThatThrownBy(
            () -> read(Map.of("SQS_QUEUE", "events", "SQS_DEAD_LETTER_QUEUE", "arn:aws:sqs:::d")))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("SQS_DEAD_LETTER_QUEUE");
  }

  @ParameterizedTest
  @CsvSource({
    "https://sqs.eu-west-1.amazonaws.com/123456789012/events, eu-west-1",
    "https://sqs.us-east-1.amazonaws.com/123456789012/events, us-east-1",
    "https://queue.amazonaws.com/123456789012/events, us-east-1",
    "https://sqs.cn-north-1.amazonaws.com.cn/123456789012/events, cn-north-1",
    "https://sqs-fips.us-gov-west-1.amazonaws.com/123456789012/events, us-gov-west-1"
  })
  void the_region_is_the_one_in_the_urls_and_another_one_is_refused(String url, String region) {
    assertThat(read(Map.of("SQS_QUEUE", url)).region()).hasValue(region);
    assertThat(read(Map.of("SQS_QUEUE", url, "AWS_REGION", region)).region()).hasValue(region);
    assertThatThrownBy(() -> read(Map.of("SQS_QUEUE", url, "AWS_REGION", "ap-south-1")))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("is a queue in " + region)
        .hasMessageContaining("ap-south-1");
  }

  @Test
  void without_any_region_one_sentence_says_so() {
    assumeThat(System.getenv("AWS_REGION")).isNull();
    System.setProperty("aws.disableEc2Metadata", "true");
    System.setProperty("aws.configFile", "/nowhere/config");
    SqsSettings settings = read(Map.of("SQS_QUEUE", "events"));
    assertThatThrownBy(
            () -> settings.open(SqsSettings.Retries.STANDARD, Duration.ofSeconds(1), 1).close())
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("sqs.region (AWS_REGION) is not set");
  }

  @Test
  void other_urls_say_nothing_of_a_region() {
    for (String url :
        new String[] {
          "http://localhost:9324/000000000000/events",
          "http://sqs.eu-central-1.localhost.localstack.cloud:4566/000000000000/events",
          "https://vpce-1-2.sqs.eu-west-1.vpce.amazonaws.com/123456789012/events"
        }) {
      assertThat(read(Map.of("SQS_QUEUE", url, "AWS_REGION", "ap-south-1")).region())
          .hasValue("ap-south-1");
    }
  }
}
