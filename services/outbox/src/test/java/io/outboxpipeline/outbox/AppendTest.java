package io.outboxpipeline.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class AppendTest {

  /** The statements of an append. */
  private static List<String> statements(NewEvent event) {
    List<String> all = new ArrayList<>();
    ResultSet numbers = answering(ResultSet.class, Map.of("next", true, "getLong", 1L));
    PreparedStatement statement =
        answering(PreparedStatement.class, Map.of("executeUpdate", 1, "getGeneratedKeys", numbers));
    var connection =
        (Connection)
            Proxy.newProxyInstance(
                AppendTest.class.getClassLoader(),
                new Class<?>[] {Connection.class},
                (proxy, method, arguments) -> {
                  if (method.getName().equals("getAutoCommit")) {
                    return false;
                  }
                  all.add((String) arguments[0]);
                  return statement;
                });
    Outbox.append(connection, event);
    return all;
  }

  private static <T> T answering(Class<T> type, Map<String, Object> answers) {
    return type.cast(
        Proxy.newProxyInstance(
            AppendTest.class.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> answers.get(method.getName())));
  }

  @ParameterizedTest
  @ValueSource(strings = {"alice", "it's", "東京"})
  void one_event_is_two_statements_that_drivers_keep(String id) {
    List<String> first = statements(NewEvent.json(new Aggregate("spending", id), "t", "{}"));
    assertThat(first).hasSize(2).allMatch(sql -> sql.length() <= 256, "as long as drivers keep");
    assertThat(statements(NewEvent.json(new Aggregate("spending", id), "t", "[]")))
        .isEqualTo(first);
  }

  @Test
  void a_text_is_plain_where_every_character_set_has_it_and_nothing_is_escaped() {
    for (char c = 0; c < 0x100; c++) {
      boolean plain = c >= ' ' && c <= '~' && "'\"\\".indexOf(c) < 0;
      assertThat(TextForm.of("a" + c + "b"))
          .as("%x", (int) c)
          .isEqualTo(plain ? TextForm.PLAIN : TextForm.BYTES);
    }
    assertThat(TextForm.of("東")).isEqualTo(TextForm.BYTES);
    assertThat(TextForm.of(new Aggregate("東", "a"))).isEqualTo(TextForm.BYTES);
    assertThat(TextForm.of(new Aggregate("a", "東"))).isEqualTo(TextForm.BYTES);
  }
}
