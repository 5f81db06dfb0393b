package io.outboxpipeline.console.model;

import io.outboxpipeline.console.ask.Answer;
import io.outboxpipeline.console.model.Problem.Action;
import io.outboxpipeline.console.model.Problem.Category;
import jakarta.json.JsonObject;
import jakarta.json.spi.JsonProvider;
import java.util.Optional;

/** Carries one decision about one problem to the service that owns it. Thread-safe. */
final class Decider {
  // Found once: Json.create… looks through the whole class path for its provider at each call.
  private static final JsonProvider JSON = JsonProvider.provider();

  private final Pipeline pipeline;

  Decider(Pipeline pipeline) {
    this.pipeline = pipeline;
  }

  /** What became of one decision. */
  sealed interface Outcome {
    record Done() implements Outcome {}

    /** The problem is no longer there, or another one: somebody else decided, or it went on. */
    record Gone() implements Outcome {}

    record Failed(String why) implements Outcome {}
  }

  /**
   * Decides.
   *
   * @param why kept by the service; says who decided, too
   */
  Outcome decide(Problem problem, Action action, String why) {
    String query = "?why=" + Pipeline.encoded(why);
    Answer answer =
        problem.category() == Category.QUARANTINED
            ? pipeline.tell(
                Kind.RELAY,
                "/admin/quarantine/"
                    + Pipeline.encoded(problem.eventId())
                    + "/"
                    + action.code()
                    + query,
                Optional.empty())
            : pipeline.tell(
                Kind.CONSUMER,
                path(problem.category(), action) + query,
                Optional.of(body(problem)));
    return switch (answer) {
      case Answer.Told(_) -> new Outcome.Done();
      case Answer.Refused(int status, String detail) ->
          status == 404 || status == 409 ? new Outcome.Gone() : new Outcome.Failed(detail);
      case Answer.Silent(String why2) -> new Outcome.Failed("The service " + why2 + ".");
    };
  }

  private static String path(Category category, Action action) {
    return switch (category) {
      case REJECTED -> "/admin/rejected/" + action.code();
      case CONFLICT -> "/admin/conflicts/" + action.code();
      case PARKED, QUARANTINED -> "/admin/parked/skip";
    };
  }

  private static JsonObject body(Problem problem) {
    var body =
        JSON.createObjectBuilder()
            .add("source", problem.source())
            .add("aggregateType", problem.aggregateType())
            .add("aggregateId", problem.aggregateId());
    long number = Long.parseLong(problem.sequence());
    switch (problem.category()) {
      case PARKED -> body.add("missing", number);
      case CONFLICT -> body.add("sequence", number).add("eventId", problem.eventId());
      case REJECTED, QUARANTINED -> body.add("sequence", number);
    }
    return body.build();
  }
}
