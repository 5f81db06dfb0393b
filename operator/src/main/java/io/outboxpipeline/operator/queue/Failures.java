package io.outboxpipeline.operator.queue;

import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.sqs.model.QueueDeletedRecentlyException;
import software.amazon.awssdk.services.sqs.model.QueueDoesNotExistException;

/** What a failed call means for the person who looks at the condition. */
final class Failures {
  private static final int UNAUTHORIZED = 401;
  private static final int FORBIDDEN = 403;

  private Failures() {}

  static Bound.Failed of(String queue, SdkException e) {
    return switch (e) {
      case QueueDeletedRecentlyException recently ->
          new Bound.Failed(
              "QueueDeletedRecently",
              "SQS takes the name " + queue + " again 60 s after the deletion; trying again");
      case QueueDoesNotExistException missing ->
          new Bound.Failed(
              "QueueNotFound", queue + " does not exist: create it, or correct its URL");
      case AwsServiceException refused when isAccess(refused) ->
          new Bound.Failed(
              "QueueAccessDenied",
              "SQS refuses the operator's credentials for %s (%s): check spec.queue.credentials, or"
                      .formatted(queue, code(refused))
                  + " the operator's role, for sqs:GetQueueUrl, GetQueueAttributes, CreateQueue,"
                  + " SetQueueAttributes, TagQueue, ListQueueTags and DeleteQueue");
      case AwsServiceException throttled when throttled.isThrottlingException() ->
          new Bound.Failed("QueueThrottled", "SQS throttles the operator; trying again");
      case AwsServiceException refused ->
          new Bound.Failed(
              "QueueRefused",
              "SQS refuses %s: %s (%s)".formatted(queue, message(refused), code(refused)));
      default ->
          new Bound.Failed(
              "QueueUnreachable",
              "SQS can't be reached for %s: %s; relays that run go on trying by themselves"
                  .formatted(queue, cause(e)));
    };
  }

  /** The innermost: what the SDK puts around it names neither host nor reason. */
  private static String cause(Throwable e) {
    if (e.getCause() == null) {
      return messageOf(e);
    }
    Throwable cause = e;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause.getClass().getSimpleName() + ", " + messageOf(cause);
  }

  private static String messageOf(Throwable e) {
    return firstLine(String.valueOf(e.getMessage()));
  }

  private static boolean isAccess(AwsServiceException e) {
    return e.statusCode() == FORBIDDEN
        || e.statusCode() == UNAUTHORIZED
        || code(e).contains("AccessDenied")
        || code(e).contains("InvalidClientTokenId")
        || code(e).contains("SignatureDoesNotMatch")
        || code(e).contains("ExpiredToken");
  }

  private static String code(AwsServiceException e) {
    return e.awsErrorDetails() == null
        ? "HTTP " + e.statusCode()
        : String.valueOf(e.awsErrorDetails().errorCode());
  }

  private static String message(AwsServiceException e) {
    return e.awsErrorDetails() == null
        ? "no reason given"
        : firstLine(String.valueOf(e.awsErrorDetails().errorMessage()));
  }

  /** Without the SDK's own additions, such as request ids: they would change each time. */
  private static String firstLine(String message) {
    return message.replaceAll("(?s)[\\r\\n].*", "").replaceAll(" \\((SDK|Service).*", "");
  }
}
