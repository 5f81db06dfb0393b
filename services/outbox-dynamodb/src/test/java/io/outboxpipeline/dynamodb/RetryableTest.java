package io.outboxpipeline.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import software.amazon.awssdk.core.exception.AbortedException;
import software.amazon.awssdk.core.exception.ApiCallAttemptTimeoutException;
import software.amazon.awssdk.core.exception.ApiCallTimeoutException;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.dynamodb.model.DynamoDbException;

final class RetryableTest {

  /** The SDK does not always say how often it tried: not where a time limit ended the call. */
  static Stream<SdkException> withoutAnAnswer() {
    return Stream.of(
        ApiCallTimeoutException.create(1),
        ApiCallAttemptTimeoutException.create(1),
        AbortedException.create("interrupted"),
        SdkClientException.create("connection reset"),
        SdkClientException.builder().message("after two").numAttempts(2).build(),
        DynamoDbException.builder().message("server error").statusCode(500).build());
  }

  @ParameterizedTest
  @MethodSource("withoutAnAnswer")
  void without_an_answer_a_write_may_be_done(SdkException e) {
    assertThat(Retryable.mayBeDone(e)).isTrue();
    assertThat(Retryable.test(e)).isEqualTo(!(e instanceof AbortedException));
  }

  @Test
  void what_dynamodb_refused_at_the_first_attempt_is_not_done() {
    assertThat(Retryable.mayBeDone(refused().numAttempts(1).build())).isFalse();
    assertThat(Retryable.mayBeDone(refused().build())).isFalse();
    assertThat(Retryable.mayBeDone(refused().numAttempts(2).build()))
        .as("what became of the first attempt is not told")
        .isTrue();
  }

  private static DynamoDbException.Builder refused() {
    return DynamoDbException.builder().message("refused").statusCode(400);
  }
}
