package io.outboxpipeline.quickstart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.outboxpipeline.quickstart.LocalDatabase.Origin;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class LocalDatabaseTest {
  @ParameterizedTest
  @CsvSource({
    "Linux,      amd64,   EMBEDDED",
    "Linux,      aarch64, DOCKER",
    "Mac OS X,   aarch64, EMBEDDED",
    "Mac OS X,   x86_64,  DOCKER",
    "Windows 11, amd64,   EMBEDDED",
    "FreeBSD,    amd64,   DOCKER",
  })
  void each_machine_has_the_server_that_runs_on_it(String os, String architecture, Origin origin) {
    assertThat(Origin.of(Map.of(), os, architecture, () -> true)).isEqualTo(origin);
    assertThat(
            Origin.of(
                Map.of(LocalDatabase.VARIABLE, "mysql://u:p@h"), os, architecture, () -> true))
        .as("a server of one's own comes first")
        .isEqualTo(Origin.NAMED);
  }

  @Test
  void where_there_is_none_it_says_what_to_do() {
    assertThatThrownBy(() -> Origin.of(Map.of(), "Linux", "aarch64", () -> false))
        .hasMessageContaining("Linux on aarch64")
        .hasMessageContaining("Start Docker")
        .hasMessageContaining("QUICKSTART_DATABASE=mysql://user:password@host:port");
  }

  @Test
  void a_server_is_named_by_a_url() {
    LocalDatabase database = LocalDatabase.named("mysql://me:p%40ss%3Aword@db.example:3307");
    assertThat(database.host()).isEqualTo("db.example");
    assertThat(database.port()).isEqualTo(3307);
    assertThat(database.user()).isEqualTo("me");
    assertThat(database.password()).isEqualTo("p@ss:word");
    assertThat(LocalDatabase.named("mysql://me:x@h").port()).isEqualTo(3306);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "h:3306",
        "jdbc:mysql://me:secret@h/x",
        "mysql://h:3306",
        "mysql://secret@h",
        "mysql://me:secret word@h",
        "mysql://me:secret@h:port",
      })
  void another_text_is_refused_and_not_repeated(String url) {
    assertThatThrownBy(() -> LocalDatabase.named(url))
        .hasMessageContaining("QUICKSTART_DATABASE must be mysql://user:password@host:port")
        .hasMessageNotContaining("secret")
        .hasNoCause();
  }
}
