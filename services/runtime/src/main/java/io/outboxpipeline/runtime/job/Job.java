package io.outboxpipeline.runtime.job;

import jakarta.json.JsonObject;
import jakarta.json.spi.JsonProvider;
import java.time.Instant;
import java.util.List;

/**
 * A decision about many events, as far as it is carried out.
 *
 * @param askedAt by the database's clock
 * @param total how many events it is about; never more, whatever comes later
 * @param done decided
 * @param gone not there any more when their turn came
 * @param again decided, and then failed again
 * @param failed could not be decided
 * @param trouble why it ended early; empty if it did not
 * @param failures why single ones failed, the first ones
 */
public record Job(
    String id,
    Instant askedAt,
    String action,
    State state,
    int total,
    int perSecond,
    int done,
    int gone,
    int again,
    int failed,
    String trouble,
    String why,
    List<String> failures) {
  // Found once: Json.create… looks through the whole class path for its provider at each call.
  private static final JsonProvider JSON = JsonProvider.provider();

  public Job {
    failures = List.copyOf(failures);
  }

  /** Each job comes to an end. */
  public enum State {
    RUNNING("running"),
    FINISHED("finished"),
    /** By itself, because too much of it failed again. */
    GAVE_UP("gave-up"),
    /** By a person. */
    STOPPED("stopped");

    private final String code;

    State(String code) {
      this.code = code;
    }

    /** As tables and APIs write it. */
    public String code() {
      return code;
    }

    /**
     * The state of this code.
     *
     * @throws IllegalArgumentException if there is none
     */
    public static State of(String code) {
      for (State state : values()) {
        if (state.code.equals(code)) {
          return state;
        }
      }
      throw new IllegalArgumentException(code);
    }
  }

  /** As the API tells it. */
  public JsonObject json() {
    var shown = JSON.createArrayBuilder();
    failures.forEach(shown::add);
    return JSON.createObjectBuilder()
        .add("id", id)
        .add("askedAt", askedAt.toString())
        .add("action", action)
        .add("state", state.code)
        .add("total", total)
        .add("perSecond", perSecond)
        .add("done", done)
        .add("gone", gone)
        .add("again", again)
        .add("failed", failed)
        .add("trouble", trouble)
        .add("why", why)
        .add("failures", shown)
        .build();
  }
}
