package io.outboxpipeline.base;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.outboxpipeline.runtime.Problem.FieldError;
import io.outboxpipeline.runtime.ProblemException;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

final class SpendingBodyTest {

  private static List<FieldError> errors(String json) {
    return catchThrowableOfType(ProblemException.class, () -> SpendingBody.read(Api.json(json)))
        .problem()
        .errors();
  }

  private static String with(String field, String json) {
    String good =
        """
        {"identity":"i","name":"n","surname":"s","amount":"1"}
        """;
    return good.replaceFirst(
        "\"" + field + "\":\"[^\"]*\"", Matcher.quoteReplacement("\"" + field + "\":" + json));
  }

  @Test
  void the_description_of_an_amount_is_what_is_accepted() throws IOException {
    Pattern described;
    try (var in =
        Objects.requireNonNull(SpendingBodyTest.class.getResourceAsStream("openapi.yaml"))) {
      String yaml = new String(in.readAllBytes(), UTF_8);
      Matcher found = Pattern.compile("pattern: '(\\^\\(\\?=.*)'").matcher(yaml);
      assertThat(found.find()).isTrue();
      described = Pattern.compile(found.group(1));
    }
    String digits = "123456789012345678";
    for (String text :
        List.of(
            "0",
            "0.0",
            "0.00",
            "00",
            "1",
            "01",
            "0.01",
            "0.1",
            "0.001",
            "0.010",
            "1.000",
            "1.001",
            "10",
            "100.50",
            digits,
            digits + ".99",
            digits + "9",
            "000" + digits,
            "1.",
            ".1",
            "1.2.3",
            "-1",
            "+1",
            "1e3",
            "",
            " 1",
            "0.000000001",
            "10.0000000000")) {
      boolean accepted;
      try {
        SpendingBody.read(Api.json(with("amount", '"' + text + '"')));
        accepted = true;
      } catch (ProblemException e) {
        accepted = false;
      }
      assertThat(described.matcher(text).matches()).as(text).isEqualTo(accepted);
    }
  }

  @Test
  void an_amount_that_is_not_exactly_a_positive_decimal_20_2_is_refused() {
    for (String bad :
        List.of(
            "0",
            "-0",
            "0.00",
            "-1",
            "\"-1.50\"",
            "0.001",
            "\"1.005\"",
            "1e-3",
            "1000000000000000000",
            "1e18",
            "1e999999999",
            "1e-999999999",
            "0e999999999",
            "\"\"",
            "\" 1\"",
            "\"1,50\"",
            "\"1e3\"",
            "\"+1\"",
            "\".5\"",
            "\"5.\"",
            "\"NaN\"",
            "\"Infinity\"",
            "\"0x10\"",
            "\"١٢\"",
            "\"" + "1".repeat(2000) + "\"",
            "1".repeat(1000),
            "true",
            "null",
            "[1]",
            "{}")) {
      assertThat(errors(with("amount", bad)))
          .as(bad)
          .singleElement()
          .satisfies(e -> assertThat(e.pointer()).isEqualTo("/amount"));
    }
  }

  @Test
  void texts_are_counted_in_code_points() {
    assertThat(
            SpendingBody.read(Api.json(with("identity", "\"" + "😀".repeat(64) + "\""))).identity())
        .hasSize(128);
    assertThat(errors(with("identity", "\"" + "😀".repeat(65) + "\"")))
        .containsExactly(new FieldError("/identity", "must have 1 to 64 characters, has 65"));
    assertThat(errors(with("name", "\"" + "n".repeat(101) + "\""))).hasSize(1);
    assertThat(errors(with("surname", "\"\""))).hasSize(1);
  }

  @Test
  void half_a_surrogate_pair_is_refused() {
    for (String field : List.of("identity", "name", "surname")) {
      assertThat(errors(with(field, "\"a\\ud800b\""))).hasSize(1);
      assertThat(errors(with(field, "\"a\\udc00\""))).hasSize(1);
    }
  }

  @Test
  void unknown_fields_are_named_with_a_json_pointer() {
    assertThat(errors(with("amount", "\"1\",\"a/b~c\":1")))
        .containsExactly(new FieldError("/a~1b~0c", "is not a field of a spending"));
  }

  @Test
  void an_empty_object_misses_every_field() {
    assertThat(errors("{}"))
        .extracting(FieldError::pointer)
        .containsExactly("/identity", "/name", "/surname", "/amount");
  }

  @Test
  void requests_that_mean_the_same_have_the_same_digest() {
    var one = SpendingBody.read(Api.json(with("amount", "1.5")));
    var same = SpendingBody.read(Api.json(with("amount", "\"1.50\"")));
    var other = SpendingBody.read(Api.json(with("amount", "\"1.51\"")));
    assertThat(one.digest()).isEqualTo(same.digest()).isNotEqualTo(other.digest());
  }
}
