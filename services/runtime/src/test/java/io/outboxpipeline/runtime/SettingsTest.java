package io.outboxpipeline.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SettingsTest {

  private final Path folder;

  SettingsTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private Path file(String yaml) throws IOException {
    return Files.writeString(folder.resolve("application.yaml"), yaml);
  }

  @Test
  void an_environment_variable_goes_before_the_file_and_the_file_before_the_default()
      throws IOException {
    Settings s =
        Settings.of(
            Map.of("MYSQL_HOST", "from-environment", "MYSQL_DATABASE", ""),
            file("mysql:\n  host: from-file\n  database: from-file\n"));
    assertThat(s.text("mysql.host", "MYSQL_HOST", "default")).isEqualTo("from-environment");
    assertThat(s.text("mysql.database", "MYSQL_DATABASE", "default")).isEqualTo("from-file");
    assertThat(s.text("mysql.user", "MYSQL_USER", "default")).isEqualTo("default");
    s.check();
  }

  @Test
  void durations_are_read_short_and_in_iso_8601() {
    for (String ten : new String[] {"10s", "10000ms", "PT10S", "pt10s"}) {
      assertThat(duration(Settings.of(Map.of("T", ten)))).isEqualTo(Duration.ofSeconds(10));
    }
    assertThat(duration(Settings.of(Map.of("T", "2m")))).isEqualTo(Duration.ofMinutes(2));
    assertThat(duration(Settings.of(Map.of("T", "24h")))).isEqualTo(Duration.ofDays(1));
    for (String bad : new String[] {"10", "s", "-1s", "1w", "ten", "99999999999d", "0s"}) {
      Settings s = Settings.of(Map.of("T", bad));
      assertThat(duration(s)).isEqualTo(Duration.ofSeconds(3));
      assertThatThrownBy(s::check)
          .hasMessageContaining("t (T) is \"" + bad + "\": must be a time from 1s to 1d");
    }
  }

  private static Duration duration(Settings s) {
    return s.duration("t", "T", Duration.ofSeconds(3), Duration.ofSeconds(1), Duration.ofDays(1));
  }

  @Test
  void an_enum_is_written_in_any_case() {
    for (String text : new String[] {"verify-ca", "VERIFY_CA", "Verify-Ca"}) {
      assertThat(Settings.of(Map.of("M", text)).choice("m", "M", SslMode.PREFERRED))
          .isEqualTo(SslMode.VERIFY_CA);
    }
  }

  @Test
  void a_uri_flag_and_number_are_read() {
    Settings s = Settings.of(Map.of("U", "http://localhost:9324", "F", "TRUE", "N", " 5 "));
    assertThat(s.optionalUri("u", "U")).hasValue(URI.create("http://localhost:9324"));
    assertThat(s.flag("f", "F", false)).isTrue();
    assertThat(s.integer("n", "N", 1, 1, 5)).isEqualTo(5);
    s.check();
  }

  @Test
  void one_exception_names_every_bad_key_with_what_is_allowed() {
    Settings s =
        Settings.of(
            Map.of("N", "6", "F", "yes", "M", "tls", "U", "localhost:9324", "P", "65x", "T", "x"));
    s.integer("n", "N", 1, 1, 5);
    s.flag("f", "F", false);
    s.choice("m", "M", SslMode.PREFERRED);
    s.optionalUri("u", "U");
    s.integer("p", "P", 1, 1, 5);
    duration(s);
    s.requiredText("mysql.user", "MYSQL_USER");
    s.requiredSecret("mysql.password", "MYSQL_PASSWORD");
    s.problem("n", "N", "does not go with p");
    InvalidSettings e = catchThrowableOfType(InvalidSettings.class, s::check);
    assertThat(e.problems())
        .containsExactly(
            "n (N) is \"6\": must be a whole number from 1 to 5",
            "f (F) is \"yes\": must be true or false",
            "m (M) is \"tls\": must be one of disabled, preferred, required, verify-ca,"
                + " verify-identity",
            "u (U) is \"localhost:9324\": must be a URI that begins with http:// or https://",
            "p (P) is \"65x\": must be a whole number from 1 to 5",
            "t (T) is \"x\": must be a time from 1s to 1d, such as 500ms, 10s, 5m or PT10S",
            "mysql.user (MYSQL_USER) is not set",
            "mysql.password (MYSQL_PASSWORD) is not set",
            "n (N) does not go with p");
    assertThat(e).hasMessageStartingWith("9 settings are wrong:\n  n (N) is");
  }

  @Test
  void a_key_in_the_file_that_nothing_reads_is_a_bad_key() throws IOException {
    Settings s = Settings.of(Map.of(), file("mysql:\n  hots: a\n  port: 3306\nfoo: 1\n"));
    s.text("mysql.host", "MYSQL_HOST", "localhost");
    s.integer("mysql.port", "MYSQL_PORT", 3306, 1, 65_535);
    assertThatThrownBy(s::check)
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("mysql.hots in ")
        .hasMessageContaining("is not a setting; there are mysql.host, mysql.port")
        .hasMessageContaining("foo in ")
        .hasMessageStartingWith("2 settings are wrong");
  }

  @Test
  void a_file_that_is_missing_or_no_yaml_is_told() throws IOException {
    assertThatThrownBy(() -> Settings.of(Map.of(), folder.resolve("none.yaml")))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("none.yaml does not exist");
    Path broken = file("a: [1\nb: {");
    assertThatThrownBy(() -> Settings.of(Map.of(), broken)).isInstanceOf(InvalidSettings.class);
  }

  @Test
  void an_empty_file_sets_nothing() throws IOException {
    Settings s = Settings.of(Map.of(), file(""));
    assertThat(s.text("a", "A", "default")).isEqualTo("default");
    s.check();
  }

  @Test
  void a_secret_comes_from_the_variable_or_from_a_file() throws IOException {
    Path secret = Files.writeString(folder.resolve("password"), "s3cret word\n");
    assertThat(Settings.of(Map.of("P", "direct")).requiredSecret("p", "P").value())
        .isEqualTo("direct");
    assertThat(Settings.of(Map.of("P_FILE", secret.toString())).requiredSecret("p", "P").value())
        .isEqualTo("s3cret word");

    Settings both = Settings.of(Map.of("P", "direct", "P_FILE", secret.toString()));
    both.requiredSecret("p", "P");
    assertThatThrownBy(both::check)
        .hasMessageContaining("P_FILE")
        .message()
        .doesNotContain("direct");

    Settings missing = Settings.of(Map.of("P_FILE", "/nowhere"));
    missing.requiredSecret("p", "P");
    InvalidSettings e = catchThrowableOfType(InvalidSettings.class, missing::check);
    assertThat(e.problems())
        .containsExactly("p-file (P_FILE) is \"/nowhere\": that file cannot be read");
  }

  @Test
  void a_secret_never_prints() {
    var settings =
        MySqlSettings.local("localhost", 3306, "db", "user", new Secret("s3cret")).toString();
    assertThat(settings).contains("user").doesNotContain("s3cret");
    assertThat(new Secret("s3cret")).hasToString("***");
  }

  @Test
  void the_log_settings_are_checked() {
    assertThat(ServiceMain.logSettings(Map.of("LOG_FORMAT", "json\n", "LOG_LEVEL", "debug")))
        .isEqualTo(Map.of("LOG_FORMAT", "json", "LOG_LEVEL", "debug"));
    assertThatThrownBy(
            () -> ServiceMain.logSettings(Map.of("LOG_FORMAT", "xml", "LOG_LEVEL", "loud")))
        .hasMessageContaining("LOG_FORMAT) is \"xml\": must be text or json")
        .hasMessageContaining("LOG_LEVEL) is \"loud\"");
  }

  @Test
  void a_short_admin_token_is_refused_without_showing_it() {
    Settings s = Settings.of(Map.of("ADMIN_TOKEN", "tooshort"));
    ServerSettings.read(s, 8081);
    assertThatThrownBy(s::check)
        .hasMessageContaining("ADMIN_TOKEN")
        .message()
        .doesNotContain("tooshort");
  }
}
