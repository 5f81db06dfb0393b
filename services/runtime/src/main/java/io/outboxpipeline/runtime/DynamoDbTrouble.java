package io.outboxpipeline.runtime;

import java.util.Set;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;

/** Why DynamoDB can't be used, said for the person who looks. Without state. */
public final class DynamoDbTrouble {
  private static final Set<String> NOT_NOW =
      Set.of("ResourceNotFoundException", "ResourceInUseException");

  private static final Set<String> DENIED =
      Set.of(
          "AccessDeniedException",
          "UnrecognizedClientException",
          "MissingAuthenticationToken",
          "MissingAuthenticationTokenException",
          "IncompleteSignatureException",
          "InvalidSignatureException",
          "ExpiredTokenException");

  private DynamoDbTrouble() {}

  /** A sentence that begins with DynamoDB, without secrets. */
  public static String of(Throwable e) {
    if (!(e instanceof AwsServiceException service) || service.awsErrorDetails() == null) {
      return "DynamoDB does not answer: " + e.getMessage();
    }
    String code = code(service);
    String message = service.awsErrorDetails().errorMessage();
    if (service.isThrottlingException() || code.contains("Throughput")) {
      return "DynamoDB throttles: " + message;
    }
    return missing(e)
        ? "DynamoDB has no such table or index: " + message
        : "DynamoDB refuses: " + code + ": " + message;
  }

  /**
   * Whether the same request may succeed once somebody has put DynamoDB, the table or the rights
   * right: nothing is wrong with the request itself. Without an answer of DynamoDB it may.
   */
  public static boolean mayPass(Throwable e) {
    if (!(e instanceof SdkException)) {
      return false;
    }
    return !(e instanceof AwsServiceException service)
        || service.statusCode() >= 500
        || service.isThrottlingException()
        || code(service).contains("Throughput")
        || denied(e)
        || NOT_NOW.contains(code(service));
  }

  /** Whether a table or an index is not there. */
  public static boolean missing(Throwable e) {
    return e instanceof AwsServiceException service
        && code(service).equals("ResourceNotFoundException");
  }

  /** Whether the credentials are refused, or may not do this. */
  public static boolean denied(Throwable e) {
    return e instanceof AwsServiceException service && DENIED.contains(code(service));
  }

  private static String code(AwsServiceException e) {
    @Nullable String code = e.awsErrorDetails() == null ? null : e.awsErrorDetails().errorCode();
    return code == null ? "" : code;
  }
}
