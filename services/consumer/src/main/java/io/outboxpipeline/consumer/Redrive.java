package io.outboxpipeline.consumer;

import jakarta.json.JsonObject;
import jakarta.json.spi.JsonProvider;
import java.time.Instant;

/**
 * A move of dead letters back to their queue, as it stands.
 *
 * @param total how many it moves at most: as many as there were when it was asked for
 * @param moved sent again and deleted
 * @param again came back to the dead letters meanwhile
 * @param failed tries that SQS refused
 * @param trouble why it gave up; empty if it did not
 */
record Redrive(
    String id,
    Instant askedAt,
    State state,
    long total,
    int perSecond,
    long moved,
    long again,
    long failed,
    String trouble,
    String why) {
  // Found once: Json.create… looks through the whole class path for its provider at each call.
  private static final JsonProvider JSON = JsonProvider.provider();

  /** Each comes to an end. */
  enum State {
    RUNNING("running"),
    FINISHED("finished"),
    /** By itself, because what it moved came back, or SQS refused. */
    GAVE_UP("gave-up"),
    /** By a person. */
    STOPPED("stopped");

    private final String code;

    State(String code) {
      this.code = code;
    }

    String code() {
      return code;
    }

    static State of(String code) {
      for (State state : values()) {
        if (state.code.equals(code)) {
          return state;
        }
      }
      throw new IllegalArgumentException(code);
    }
  }

  JsonObject json() {
    return JSON.createObjectBuilder()
        .add("id", id)
        .add("askedAt", askedAt.toString())
        .add("state", state.code)
        .add("total", total)
        .add("perSecond", perSecond)
        .add("moved", moved)
        .add("again", again)
        .add("failed", failed)
        .add("trouble", trouble)
        .add("why", why)
        .build();
  }
}
