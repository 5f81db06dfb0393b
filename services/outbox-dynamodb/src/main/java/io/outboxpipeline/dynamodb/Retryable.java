package io.outboxpipeline.dynamodb;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.AbortedException;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.dynamodb.model.CancellationReason;
import software.amazon.awssdk.services.dynamodb.model.TransactionCanceledException;

/** Which failures of DynamoDB the very same request may get over. */
public final class Retryable {

  private static final Set<String> CODES =
      Set.of(
          "TransactionConflictException",
          "TransactionInProgressException",
          "ReplicatedWriteConflictException",
          "ProvisionedThroughputExceededException",
          "RequestLimitExceeded",
          "ThrottlingException",
          "ThrottlingError",
          "InternalServerError",
          "ServiceUnavailable",
          // A credential that ran out is renewed by the SDK.
          "ExpiredTokenException");

  private static final Set<String> REASONS =
      Set.of("None", "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded");

  private Retryable() {}

  /**
   * Whether the same request may succeed when it is sent again. For a transaction with its token
   * that is safe; for anything else see {@link #mayBeDone}.
   */
  public static boolean test(Throwable e) {
    if (e instanceof TransactionCanceledException cancelled) {
      List<CancellationReason> reasons = cancelled.cancellationReasons();
      return !reasons.isEmpty() && reasons.stream().allMatch(r -> REASONS.contains(r.code()));
    }
    if (e instanceof AwsServiceException failure) {
      return CODES.contains(code(failure))
          || failure.statusCode() >= 500
          || failure.isThrottlingException();
    }
    return e instanceof OutboxFullException
        || (e instanceof SdkClientException && !(e instanceof AbortedException));
  }

  /** Whether it is unknown if what failed this way was carried out. */
  public static boolean mayBeDone(Throwable e) {
    if (e instanceof SdkException failure && attempts(failure) > 1) {
      return true; // what became of the attempts before the last is not told
    }
    return e instanceof AwsServiceException failed
        ? failed.statusCode() >= 500
        : e instanceof SdkClientException;
  }

  /** As far as the SDK says it: not where a limit of time ended the call. */
  private static int attempts(SdkException e) {
    Integer attempts = e.numAttempts();
    return attempts == null ? 1 : attempts;
  }

  /** Whether the item would have become larger than DynamoDB takes. */
  static boolean tooLarge(Throwable e) {
    if (e instanceof TransactionCanceledException cancelled) {
      return cancelled.cancellationReasons().stream().anyMatch(r -> sizeOf(r.message()));
    }
    return e instanceof AwsServiceException failure
        && code(failure).equals("ValidationException")
        && sizeOf(e.getMessage());
  }

  private static boolean sizeOf(@Nullable String message) {
    return message != null && message.contains("Item size");
  }

  private static String code(AwsServiceException e) {
    return e.awsErrorDetails() == null || e.awsErrorDetails().errorCode() == null
        ? ""
        : e.awsErrorDetails().errorCode();
  }
}
