package io.outboxpipeline.console.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class MaskTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "$.card          | {'card':'S','x':1}",
        "$.card          | {'card':{'number':'S'}}",
        "$.card          | [{'card':'S'},{'card':['S']}]",
        "$.buyer.card    | {'buyer':{'card':'S'}}",
        "$.buyer.card    | {'buyer':[{'card':'S'},[{'card':'S'}]]}",
        "$.items[*].card | {'items':[{'card':'S'}]}",
        "$.*.card        | {'any':{'card':'S'},'other':{'card':'S'}}",
        "$..card         | {'a':[{'b':{'card':'S'}}],'card':'S'}",
        "$..buyer.card   | {'a':{'buyer':{'card':'S'}}}",
        "$.a[*]          | {'a':['S','S']}",
      })
  void what_a_path_means_is_hidden_in_arrays_and_below_too(String path, String payload) {
    assertThat(Mask.isPath(path)).isTrue();
    String shown = new Mask(List.of(path)).shown(payload.replace('\'', '"')).orElseThrow();
    assertThat(shown).contains("•••").doesNotContain("\"S\"");
  }

  @Test
  void the_rest_stays_and_numbers_are_not_rounded() {
    String payload = "{\"n\":9007199254740993,\"card\":1,\"cards\":2}";
    assertThat(new Mask(List.of("$.card")).shown(payload))
        .contains("{\"n\":9007199254740993,\"card\":\"•••\",\"cards\":2}");
    assertThat(new Mask(List.of()).shown(" { } ")).contains(" { } ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "S", "{\"card\":\"S\"", "{\"a\":1} S", "<card>S</card>", "NaN"})
  void what_is_not_json_is_hidden_whole(String payload) {
    assertThat(new Mask(List.of("$.card")).shown(payload)).isEmpty();
    assertThat(new Mask(List.of()).shown(payload)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "card", "$", "$.", "$.a[0]", "$.a..", "$a", "$.a b$"})
  void what_would_hide_nothing_is_no_path(String text) {
    assertThat(Mask.isPath(text)).isFalse();
  }
}
