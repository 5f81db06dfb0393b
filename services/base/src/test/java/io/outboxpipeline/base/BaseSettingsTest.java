package io.outboxpipeline.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.outboxpipeline.runtime.InvalidSettings;
import io.outboxpipeline.runtime.Migration;
import io.outboxpipeline.runtime.Settings;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class BaseSettingsTest {

  @Test
  void with_dynamodb_no_database_is_asked_for() {
    var settings =
        BaseSettings.read(
            Settings.of(Map.of("BASE_STORE", "dynamodb", "DYNAMODB_TABLE", "spending")));
    assertThat(settings.dynamoDb().orElseThrow().table()).isEqualTo("spending");
    assertThat(settings.dynamoDb().orElseThrow().relayTable()).isEqualTo("spending-relay");
  }

  @Test
  void every_bad_key_is_named_at_once() {
    assertThatThrownBy(
            () ->
                BaseSettings.read(
                    Settings.of(
                        Map.of(
                            "BASE_STORE", "dynamodb",
                            "MIGRATE", "only",
                            "AWS_ENDPOINT_URL_DYNAMODB", "no URI",
                            "SERVER_PORT", "none"))))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContainingAll(
            "DYNAMODB_TABLE", "MIGRATE", "AWS_ENDPOINT_URL_DYNAMODB", "SERVER_PORT");
    assertThatThrownBy(() -> BaseSettings.read(Settings.of(Map.of("BASE_STORE", "redis"))))
        .hasMessageContaining("BASE_STORE");
  }

  @Test
  void a_migrator_has_nothing_to_do_with_dynamodb() {
    var settings = Settings.of(Map.of("BASE_STORE", "dynamodb", "MIGRATE", "only"));
    assertThat(BaseSettings.migration(settings)).isNotEqualTo(Migration.ONLY);
  }
}
