package io.outboxpipeline.cloudformation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class LintIT {

  @ParameterizedTest
  @ValueSource(strings = {"stack.yaml", "eks.yaml", "dynamodb.yaml"})
  void cfn_lint_has_nothing_to_say(String template) {
    Python.Result result = Python.run(List.of(Python.program("cfn-lint"), "--template", template));
    assertThat(result.output()).isBlank();
    assertThat(result.exit()).isZero();
  }
}
