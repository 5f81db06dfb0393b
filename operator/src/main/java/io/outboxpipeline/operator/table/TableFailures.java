package io.outboxpipeline.operator.table;

import io.outboxpipeline.runtime.DynamoDbTrouble;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.dynamodb.model.ResourceNotFoundException;

/** What a failed call means for the person who looks at the condition. */
final class TableFailures {
  private TableFailures() {}

  static TableState.Failed of(String table, SdkException e) {
    return switch (e) {
      case ResourceNotFoundException missing ->
          new TableState.Failed(
              "TableNotFound",
              "there is no table " + table + ": create it, or set spec.dynamodb.create",
              false);
      case AwsServiceException refused when DynamoDbTrouble.denied(refused) ->
          new TableState.Failed(
              "TableAccessDenied",
              "DynamoDB refuses the operator's credentials for %s: %s. Check spec.dynamodb.credentials"
                      .formatted(table, said(refused))
                  + " or the operator's role",
              true);
      case AwsServiceException refused when DynamoDbTrouble.mayPass(refused) ->
          new TableState.Failed(
              "TableUnavailable", said(refused) + " (" + table + "); trying again", false);
      case AwsServiceException refused ->
          new TableState.Failed("TableRefused", said(refused) + " (" + table + ")", true);
      default ->
          new TableState.Failed(
              "TableUnreachable",
              said(e) + " (" + table + "); relays that run go on trying by themselves",
              false);
    };
  }

  /** Without the SDK's own additions, such as request ids: they would change each time. */
  private static String said(SdkException e) {
    return DynamoDbTrouble.of(e)
        .replaceAll("(?s)[\\r\\n].*", "")
        .replaceAll(" \\((SDK|Service).*", "");
  }
}
