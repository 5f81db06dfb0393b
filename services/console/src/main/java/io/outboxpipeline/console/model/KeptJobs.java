package io.outboxpipeline.console.model;

import io.outboxpipeline.console.ask.Answer;
import io.outboxpipeline.console.model.Job.State;
import io.outboxpipeline.console.model.Problem.Action;
import io.outboxpipeline.console.model.Problem.Category;
import jakarta.json.JsonNumber;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.spi.JsonProvider;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Jobs as relays and consumers keep them and carry them out. An action on problems of both is a job
 * at each, with the same id. Thread-safe.
 */
final class KeptJobs {
  // Found once: Json.create… looks through the whole class path for its provider at each call.
  private static final JsonProvider JSON = JsonProvider.provider();
  private static final List<Kind> KEEPERS = List.of(Kind.RELAY, Kind.CONSUMER);
  private static final int LISTED = 20;

  private final Pipeline pipeline;
  private final int perSecond;

  KeptJobs(Pipeline pipeline, int perSecond) {
    this.pipeline = pipeline;
    this.perSecond = perSecond;
  }

  /**
   * What became of a snapshot's parts.
   *
   * @param jobs those that services took
   * @param left problems of services that keep no jobs: older ones, or relays on DynamoDB
   * @param troubles sentences about those that could not be asked
   */
  record Begun(List<Job> jobs, List<Problem> left, List<String> troubles) {}

  /** Tells each service its part; who is told twice has one job. */
  Begun begin(Snapshot snapshot, String why) {
    List<Job> jobs = new ArrayList<>();
    List<Problem> left = new ArrayList<>();
    List<String> troubles = new ArrayList<>();
    for (Kind kind : KEEPERS) {
      List<Problem> part =
          snapshot.items().stream().filter(p -> keeper(p.category()) == kind).toList();
      if (part.isEmpty()) {
        continue;
      }
      String path = "/admin/jobs?why=" + Pipeline.encoded(why);
      switch (pipeline.tell(kind, path, Optional.of(body(snapshot, part)))) {
        case Answer.Told(JsonObject json) -> jobs.add(job(json));
        case Answer.Refused(int status, String detail) -> {
          if (keepsNone(status)) {
            left.addAll(part);
          } else {
            troubles.add("The " + kind.code() + " refused: " + detail);
          }
        }
        case Answer.Silent(String reason) ->
            troubles.add("The " + kind.code() + " " + reason + ".");
      }
    }
    return new Begun(jobs, left, troubles);
  }

  private static boolean keepsNone(int status) {
    return status == 404 || status == 501;
  }

  private static Kind keeper(Category category) {
    return category == Category.QUARANTINED ? Kind.RELAY : Kind.CONSUMER;
  }

  private JsonObject body(Snapshot snapshot, List<Problem> part) {
    var items = JSON.createArrayBuilder();
    for (Problem p : part) {
      items.add(
          JSON.createObjectBuilder()
              .add("category", p.category().code())
              .add("source", p.source())
              .add("aggregateType", p.aggregateType())
              .add("aggregateId", p.aggregateId())
              .add("sequence", p.sequence())
              .add("eventId", p.eventId()));
    }
    return JSON.createObjectBuilder()
        .add("id", snapshot.id())
        .add("action", snapshot.action().code())
        .add("perSecond", perSecond)
        .add("items", items)
        .build();
  }

  /** The parts of a job; one that can't be asked for now is a part that runs, as far as known. */
  List<Job> find(String id) {
    List<Job> parts = new ArrayList<>();
    for (Kind kind : KEEPERS) {
      switch (pipeline.hear(kind, "/admin/jobs/" + Pipeline.encoded(id))) {
        case Answer.Told(JsonObject json) -> parts.add(job(json));
        case Answer.Refused _ -> {}
        case Answer.Silent(String why) -> {
          if (!pipeline.services(kind).isEmpty()) {
            parts.add(unknown(id, "The " + kind.code() + " " + why + "."));
          }
        }
      }
    }
    // What is known tells the action and who wanted it.
    parts.sort(Comparator.comparing(Job::startedAt));
    return parts.stream().allMatch(p -> p.total() == 0) ? List.of() : parts;
  }

  private static Job unknown(String id, String why) {
    return new Job(
        id, Action.RETRY, "", Instant.MAX, State.RUNNING, true, 0, 0, 0, 0, 0, List.of(why));
  }

  /** The parts of the last jobs, in no order. */
  List<Job> last() {
    List<Job> parts = new ArrayList<>();
    for (Kind kind : KEEPERS) {
      if (pipeline.hear(kind, "/admin/jobs?limit=" + LISTED) instanceof Answer.Told(JsonObject j)
          && j.containsKey("items")) {
        j.getJsonArray("items").getValuesAs(JsonObject.class).forEach(i -> parts.add(job(i)));
      }
    }
    return parts;
  }

  /** Ends the parts that run. */
  void stop(String id, String why) {
    String path = "/admin/jobs/" + Pipeline.encoded(id) + "/stop?why=" + Pipeline.encoded(why);
    KEEPERS.forEach(kind -> pipeline.tell(kind, path, Optional.empty()));
  }

  private static Job job(JsonObject j) {
    List<String> failures = new ArrayList<>();
    if (!text(j, "trouble").isEmpty()) {
      failures.add(text(j, "trouble"));
    }
    if (j.containsKey("failures")) {
      j.getJsonArray("failures")
          .getValuesAs(JsonString.class)
          .forEach(f -> failures.add(f.getString()));
    }
    return new Job(
        text(j, "id"),
        Action.valueOf(text(j, "action").toUpperCase(Locale.ROOT)),
        text(j, "why"),
        Instant.parse(text(j, "askedAt")),
        State.valueOf(text(j, "state").toUpperCase(Locale.ROOT).replace('-', '_')),
        true,
        number(j, "total"),
        number(j, "done"),
        number(j, "gone"),
        number(j, "again"),
        number(j, "failed"),
        failures);
  }

  private static String text(JsonObject j, String field) {
    return j.getString(field, "");
  }

  private static int number(JsonObject j, String field) {
    return j.get(field) instanceof JsonNumber n ? n.intValue() : 0;
  }
}
