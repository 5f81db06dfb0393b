package io.outboxpipeline.runtime;

import java.util.List;
import java.util.stream.Stream;

/**
 * What each component asks of AWS, as IAM names it: the rights that its role needs, no more and no
 * less. The CloudFormation templates and the documentation are checked against this table, and the
 * table against the calls in the code.
 *
 * @param component the component's name
 * @param queue actions on the queue, sorted
 * @param deadLetterQueue actions on its dead-letter queue, sorted
 */
public record AwsActions(String component, List<String> queue, List<String> deadLetterQueue) {
  /** Asks nothing of AWS. */
  public static final AwsActions BASE = new AwsActions("base", List.of(), List.of());

  public static final AwsActions RELAY =
      new AwsActions(
          "relay",
          List.of("sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:SendMessage"),
          List.of());

  /**
   * What a relay asks beside its queue where events are in DynamoDB's items: on the table, its
   * index and the relays' own table, sorted.
   */
  public static final List<String> RELAY_ON_DYNAMODB =
      List.of(
          "dynamodb:BatchGetItem",
          "dynamodb:DeleteItem",
          "dynamodb:DescribeTable",
          "dynamodb:DescribeTimeToLive",
          "dynamodb:GetItem",
          "dynamodb:PutItem",
          "dynamodb:Query",
          "dynamodb:UpdateItem");

  /**
   * What a base asks where spendings are in DynamoDB: on the table. IAM asks for the actions of
   * which a transaction is made, which for its own are puts and updates.
   */
  public static final List<String> BASE_ON_DYNAMODB =
      List.of(
          "dynamodb:DescribeTable",
          "dynamodb:GetItem",
          "dynamodb:PutItem",
          "dynamodb:Query",
          "dynamodb:UpdateItem");

  /** What a base asks beside these when it is to make its table, and the relays'. */
  public static final List<String> BASE_MAKING_TABLES =
      List.of("dynamodb:CreateTable", "dynamodb:DescribeTimeToLive", "dynamodb:UpdateTimeToLive");

  /**
   * What it cannot read it puts into the dead-letter queue by itself; a look at that and the way
   * back of what is there are its own, too.
   */
  public static final AwsActions CONSUMER =
      new AwsActions(
          "consumer",
          List.of(
              "sqs:ChangeMessageVisibility",
              "sqs:DeleteMessage",
              "sqs:GetQueueAttributes",
              "sqs:GetQueueUrl",
              "sqs:ReceiveMessage",
              "sqs:SendMessage"),
          List.of(
              "sqs:ChangeMessageVisibility",
              "sqs:DeleteMessage",
              "sqs:GetQueueAttributes",
              "sqs:GetQueueUrl",
              "sqs:ReceiveMessage",
              "sqs:SendMessage"));

  private static final List<String> KEEPING_A_QUEUE =
      List.of(
          "sqs:CreateQueue",
          "sqs:DeleteQueue",
          "sqs:GetQueueAttributes",
          "sqs:GetQueueUrl",
          "sqs:ListQueueTags",
          "sqs:SetQueueAttributes",
          "sqs:TagQueue");

  /** Creates both queues, keeps them as specified, and deletes them if told to. */
  public static final AwsActions OPERATOR =
      new AwsActions("operator", KEEPING_A_QUEUE, KEEPING_A_QUEUE);

  /** What it asks of tables of DynamoDB: makes, looks at and deletes both of a pipeline. */
  public static final List<String> OPERATOR_ON_DYNAMODB =
      List.of(
          "dynamodb:CreateTable",
          "dynamodb:DeleteTable",
          "dynamodb:DescribeContinuousBackups",
          "dynamodb:DescribeTable",
          "dynamodb:DescribeTimeToLive",
          "dynamodb:ListTagsOfResource",
          "dynamodb:TagResource",
          "dynamodb:UpdateContinuousBackups",
          "dynamodb:UpdateTimeToLive");

  /** Every component's. */
  public static List<AwsActions> all() {
    return List.of(BASE, RELAY, CONSUMER, OPERATOR);
  }

  /** All its actions, whatever they are on, sorted and each once. */
  public List<String> actions() {
    return Stream.concat(queue.stream(), deadLetterQueue.stream()).distinct().sorted().toList();
  }
}
