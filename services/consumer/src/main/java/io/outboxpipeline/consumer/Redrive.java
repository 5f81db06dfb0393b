package io.outboxpipeline.consumer;

import io.outboxpipeline.runtime.job.Job;
import jakarta.json.JsonObject;
import jakarta.json.spi.JsonProvider;
import java.time.Instant;

/**
 * A move of dead letters back to their queue, as it stands.
 *
 * @param total how many it moves, or looks at, at most: as many as there were when it was asked for
 * @param moved sent again and deleted
 * @param again came back to the dead letters meanwhile
 * @param failed tries that SQS refused
 * @param trouble why it gave up; empty if it did not
 */
record Redrive(
    String id,
    Instant askedAt,
    Job.State state,
    long total,
    int perSecond,
    long moved,
    long again,
    long failed,
    String trouble,
    String why,
    LetterFilter filter) {
  // Found once: Json.create… looks through the whole class path for its provider at each call.
  private static final JsonProvider JSON = JsonProvider.provider();

  JsonObject json() {
    return JSON.createObjectBuilder()
        .add("id", id)
        .add("askedAt", askedAt.toString())
        .add("state", state.code())
        .add("total", total)
        .add("perSecond", perSecond)
        .add("moved", moved)
        .add("again", again)
        .add("failed", failed)
        .add("trouble", trouble)
        .add("why", why)
        .add("filter", filter.json())
        .build();
  }
}
