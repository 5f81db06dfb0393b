package io.outboxpipeline.console.page;

import static io.outboxpipeline.console.page.Html.tag;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class HtmlTest {
  @Test
  void text_and_values_stay_text() {
    String hostile = "</p>\"'&<script>\0";
    assertThat(tag("p").set("title", hostile).text(hostile))
        .hasToString(
            "<p title=\"&lt;/p&gt;&quot;&#39;&amp;&lt;script&gt;\uFFFD\">&lt;/p&gt;&quot;&#39;&amp;&lt;script&gt;\uFFFD</p>");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"onclick", "style", "srcdoc", "hx-on", "formaction", "a b", "aria-x onclick"})
  void an_attribute_that_could_do_something_is_refused(String attribute) {
    assertThatIllegalArgumentException().isThrownBy(() -> tag("p").set(attribute, "x"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"iframe", "style", "object", "svg", "p onclick=x", "P"})
  void an_element_that_could_do_something_is_refused(String element) {
    assertThatIllegalArgumentException().isThrownBy(() -> tag(element));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "javascript:alert(1)",
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "evil",
        "",
        "/a b",
        "/\tevil",
        "#x:y",
      })
  void a_link_that_leaves_the_console_is_refused(String link) {
    assertThatIllegalArgumentException().isThrownBy(() -> tag("a").set("href", link));
  }

  @Test
  void a_script_has_no_content() {
    assertThatIllegalArgumentException().isThrownBy(() -> tag("script").text("alert(1)"));
    assertThat(tag("a").set("href", "/p/x?y=%20").set("selected", false).text("z"))
        .hasToString("<a href=\"/p/x?y=%20\">z</a>");
  }
}
