package io.outboxpipeline.operator.status;

/**
 * Why something does not get on.
 *
 * @param reason one word, for the condition
 * @param message what is wrong and what to do; no secrets
 * @param stalled whether it stays so until a person does something
 */
public record Trouble(String reason, String message, boolean stalled) {}
