package io.outboxpipeline.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A value is its text, and what is wrong is told without showing any of it. */
final class SettingsFileTest {
  private final Path folder;

  SettingsFileTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private Settings settings(String yaml) throws IOException {
    return Settings.of(Map.of(), Files.writeString(folder.resolve("application.yaml"), yaml));
  }

  private String password(String scalar) throws IOException {
    Settings s = settings("mysql:\n  password: " + scalar + "\n");
    String value = s.requiredSecret("mysql.password", "MYSQL_PASSWORD").value();
    s.check();
    return value;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0123",
        "12:30:45",
        "1e3",
        "${x}",
        "a${HOME}b",
        "0x1F",
        "1_000",
        "yes",
        "True",
        "1.0",
        ".5",
        "+1",
        "2026-11-30",
        "2026-11-30T10:00:00Z",
        ".inf",
        "0o17",
        "1,000",
        "a:b",
        "a#b",
        "p@ss",
        "a%b",
        "<<",
        "=",
        "\\n",
        "$x",
        "1e99999",
        "007.50",
        "-",
        "a  b"
      })
  void a_scalar_means_its_text(String text) throws IOException {
    if (!text.equals("-")) {
      assertThat(password(text)).isEqualTo(text);
    }
    assertThat(password("'" + text + "'")).isEqualTo(text);
  }

  @Test
  void line_breaks_at_the_end_are_no_part_of_a_value() throws IOException {
    assertThat(password("|\n    s3cret\n\n")).isEqualTo("s3cret");
    assertThat(password("\"s3cret\\r\\n\"")).isEqualTo("s3cret");
    for (String end : new String[] {"", "\n", "\r\n", "\r", "\n\n"}) {
      Settings s = Settings.of(Map.of("P", "s3cret " + end));
      assertThat(s.requiredSecret("p", "P").value()).isEqualTo("s3cret ");
      Path file = Files.writeString(folder.resolve("secret"), "s3cret " + end);
      assertThat(Settings.of(Map.of("P_FILE", file + end)).requiredSecret("p", "P").value())
          .isEqualTo("s3cret ");
    }
    assertThat(Settings.of(Map.of("H", "\n")).optionalText("h", "H")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "@s3cret|2, column 13",
        "%s3cret|2, column 13",
        "`s3cret`: x|2, column 13",
        "*s3cret|2, column 13",
        "&s3cret|2, column 13",
        "&s3cret x|2, column 13",
        "!s3cret|2, column 13",
        "!!binary s3cr|2, column 13",
        "[s3cret]|2, column 13",
        "[s3cret|3, column 1",
        "{s3cret|3, column 1",
        "\"s3cret|3, column 1",
        "\"s3cret\\q\"|2, column 21",
        "'s3cret'x|2, column 21",
        "s3cret: x|2, column 19"
      })
  void what_yaml_takes_for_something_else_is_told_by_its_place_and_not_shown(
      String scalar, String place) {
    InvalidSettings e = catchThrowableOfType(InvalidSettings.class, () -> password(scalar));
    assertThat(e)
        .hasMessageContaining("application.yaml, line " + place + ": ")
        .hasMessageContaining("quotes");
    assertThat(e.getMessage()).doesNotContain("s3cr");
  }

  @Test
  void a_key_given_twice_or_without_a_section_is_refused() throws IOException {
    assertThat(
            catchThrowableOfType(
                InvalidSettings.class, () -> settings("a:\n  b: x\na.b: s3cret\n")))
        .hasMessageContaining("line 3, column 6: a.b is set twice");
    assertThat(catchThrowableOfType(InvalidSettings.class, () -> settings("s3cret")))
        .hasMessageContaining("line 1, column 1: has a value without a key");
    Settings dotted = settings("mysql.host: here\nmysql:\n  port:\n");
    assertThat(dotted.text("mysql.host", "MYSQL_HOST", "")).isEqualTo("here");
    assertThat(dotted.integer("mysql.port", "MYSQL_PORT", 7, 1, 9)).isEqualTo(7);
    dotted.check();
  }

  @Test
  void bytes_that_are_no_text_are_told_without_showing_them() throws IOException {
    Path latin = folder.resolve("latin.yaml");
    Files.write(latin, "p: s3crét\n".getBytes(StandardCharsets.ISO_8859_1));
    assertThat(catchThrowableOfType(InvalidSettings.class, () -> Settings.of(Map.of(), latin)))
        .hasMessageContaining("latin.yaml is not valid UTF-8");
    InvalidSettings bell =
        catchThrowableOfType(InvalidSettings.class, () -> settings("p: s3cret\u0007\n"));
    assertThat(bell).hasMessageContaining("is not valid YAML");
    assertThat(bell.getMessage()).doesNotContain("s3cret");
  }
}
