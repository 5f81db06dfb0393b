package io.outboxpipeline.dynamodb;

import java.util.OptionalLong;
import java.util.UUID;

/**
 * What an appended event was given.
 *
 * @param eventId its id, a UUIDv7
 * @param sequence its number within the aggregate, from 1; empty where DynamoDB does not tell it: a
 *     transaction returns no values, unless the caller said which number it saw
 */
public record Appended(UUID eventId, OptionalLong sequence) {}
