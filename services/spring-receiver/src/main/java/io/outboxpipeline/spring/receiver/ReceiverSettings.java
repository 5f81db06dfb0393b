package io.outboxpipeline.spring.receiver;

import io.outboxpipeline.inbox.Start;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;

/**
 * A receiver's settings.
 *
 * @param queue a name or URL
 * @param deadLetterQueue a name or URL; the redrive policy's by default
 * @param endpoint of SQS; the AWS SDK's own by default
 * @param region the AWS SDK's own by default
 * @param loops how many receive at once, each with a connection of the pool
 * @param pollWait whole seconds up to 20; stopping takes as long
 * @param start where an aggregate begins that the inbox does not know
 * @param autoStartup whether it starts with the application
 */
public record ReceiverSettings(
    String queue,
    Optional<String> deadLetterQueue,
    Optional<URI> endpoint,
    Optional<String> region,
    int loops,
    Duration pollWait,
    Start start,
    boolean autoStartup) {}
