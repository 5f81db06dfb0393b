package io.outboxpipeline.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.outboxpipeline.console.ask.Endpoint;
import io.outboxpipeline.runtime.InvalidSettings;
import io.outboxpipeline.runtime.Settings;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class ConsoleSettingsTest {
  @Test
  void a_pipeline_has_its_services_and_their_tokens() {
    ConsoleSettings settings =
        ConsoleSettings.read(
            Settings.of(
                Map.of(
                    "CONSOLE_PIPELINES", "my-shop, other",
                    "CONSOLE_MY_SHOP_RELAYS", "http://a:8082, https://b/x",
                    "CONSOLE_MY_SHOP_RELAY_TOKEN", "the relay's",
                    "CONSOLE_MY_SHOP_NAMESPACE", "shop",
                    "CONSOLE_OPERATOR_TOKEN", "a token of some length",
                    "CONSOLE_PUBLIC_URL", "https://Console.example/x/y/")));
    var shop = settings.pipelines().getFirst();
    assertThat(shop.relays()).extracting(Endpoint::name).containsExactly("a:8082", "b");
    assertThat(shop.relays().getFirst().token()).isPresent();
    assertThat(shop.bases()).isEmpty();
    assertThat(settings.pipelines().getLast().name()).isEqualTo("other");
    assertThat(settings.access().hosts()).containsExactly("console.example");
    assertThat(settings.access().prefix()).isEqualTo("/x/y");
    assertThat(settings.server().port()).isEqualTo(8080);
  }

  @Test
  void nobody_who_knows_all_tokens_but_an_operator_may_be_able_to_make_a_session() {
    var viewer =
        Map.of("CONSOLE_PIPELINES", "shop", "CONSOLE_VIEWER_TOKEN", "a viewer's token, long");
    assertThatThrownBy(() -> ConsoleSettings.read(Settings.of(viewer)))
        .hasMessageContaining("CONSOLE_COOKIE_SECRET");
    var review =
        Map.of(
            "CONSOLE_PIPELINES", "shop",
            "CONSOLE_OPERATOR_TOKEN", "an operator's token, long",
            "CONSOLE_REVIEW", "true");
    assertThatThrownBy(() -> ConsoleSettings.read(Settings.of(review)))
        .hasMessageContaining("CONSOLE_COOKIE_SECRET");
    var oidc =
        Map.of(
            "CONSOLE_PIPELINES", "shop",
            "CONSOLE_COOKIE_SECRET", "too short",
            "CONSOLE_OIDC_ISSUER", "https://id.example");
    assertThatThrownBy(() -> ConsoleSettings.read(Settings.of(oidc)))
        .hasMessageContainingAll(
            "CONSOLE_COOKIE_SECRET",
            "CONSOLE_OIDC_CLIENT_ID",
            "CONSOLE_OIDC_OPERATORS",
            "CONSOLE_PUBLIC_URL");
  }

  @Test
  void all_that_is_wrong_is_told_at_once() {
    var settings =
        Settings.of(
            Map.of(
                "CONSOLE_PIPELINES", "shop,Not a name",
                "CONSOLE_SHOP_BASES", "ftp://a",
                "CONSOLE_VIEWER_TOKEN", "short",
                "CONSOLE_PATIENCE", "10s"));
    assertThatThrownBy(() -> ConsoleSettings.read(settings))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContainingAll(
            "CONSOLE_PIPELINES", "CONSOLE_SHOP_BASES", "CONSOLE_VIEWER_TOKEN", "CONSOLE_PATIENCE");
    assertThatThrownBy(() -> ConsoleSettings.read(Settings.of(Map.of())))
        .hasMessageContainingAll("CONSOLE_PIPELINES", "CONSOLE_OPERATOR_TOKEN");
  }
}
