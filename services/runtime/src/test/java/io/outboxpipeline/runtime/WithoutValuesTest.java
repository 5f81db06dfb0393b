package io.outboxpipeline.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;

final class WithoutValuesTest {

  @Test
  void a_logged_failure_shows_where_and_what_but_no_value() {
    var database =
        new SQLException("Duplicate entry 's3cret' for key 'obt_spending.it's'", "23000", 1062);
    var parser = new NumberFormatException("For input string: \"s3cret\"");
    database.initCause(parser);
    var text = new StringWriter();
    WithoutValues.of(new IllegalStateException("s3cret", database))
        .printStackTrace(new PrintWriter(text, true));
    assertThat(text.toString())
        .contains("java.lang.IllegalStateException")
        .contains("java.sql.SQLException: Duplicate entry '…' (SQLState 23000, error 1062)")
        .contains("java.lang.NumberFormatException")
        .contains("a_logged_failure_shows_where_and_what_but_no_value")
        .doesNotContain("s3cret");
  }
}
