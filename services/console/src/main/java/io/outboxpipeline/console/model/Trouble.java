package io.outboxpipeline.console.model;

/**
 * A service that could not be asked, so that what is shown lacks its part.
 *
 * @param service its host and port
 * @param why a sentence's end, such as "gave no answer within 3000 ms"
 */
public record Trouble(Kind kind, String service, String why) {}
