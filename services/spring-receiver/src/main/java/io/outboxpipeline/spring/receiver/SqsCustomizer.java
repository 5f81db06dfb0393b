package io.outboxpipeline.spring.receiver;

import software.amazon.awssdk.services.sqs.SqsClientBuilder;

/**
 * Changes the receiver's own client of SQS before it is made, such as its credentials. An
 * application's client is not used, because long polls would fill its connections.
 */
@FunctionalInterface
public interface SqsCustomizer {
  void customize(SqsClientBuilder builder);
}
