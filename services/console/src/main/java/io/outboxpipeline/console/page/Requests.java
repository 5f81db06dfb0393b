package io.outboxpipeline.console.page;

import io.helidon.common.parameters.Parameters;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import io.outboxpipeline.console.access.Gate;
import io.outboxpipeline.console.access.User;
import io.outboxpipeline.console.model.Desk;
import io.outboxpipeline.console.model.Desks;
import io.outboxpipeline.console.model.Filter;
import io.outboxpipeline.console.model.Problem.Action;
import io.outboxpipeline.console.model.Problem.Category;
import io.outboxpipeline.runtime.Problem.FieldError;
import io.outboxpipeline.runtime.ProblemException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What requests of page and API have in common. */
final class Requests {
  private static final int LONGEST_WHY = 300;
  private static final Pattern TRACE =
      Pattern.compile("(?:[0-9a-f]{2}-)?(?<id>[0-9a-f]{32})(?:-[0-9a-f]{16}-[0-9a-f]{2})?");

  private Requests() {}

  /**
   * The pipeline that the path names.
   *
   * @throws ProblemException 404 if there is none
   */
  static Desk desk(Desks desks, ServerRequest req) {
    Desk desk =
        desks.find(req.path().pathParameters().get("pipeline")).orElseThrow(Requests::unknown);
    // A pipeline that somebody may not see is like one that is not there.
    user(desk, req);
    return desk;
  }

  /** Who asks, with the role that the person has at this pipeline. */
  static User user(Desk desk, ServerRequest req) {
    return Gate.at(req, desk.namespace(), desk.resource()).orElseThrow(Requests::unknown);
  }

  /** Refuses those who may only look. */
  static User operator(Desk desk, ServerRequest req) {
    User user = user(desk, req);
    if (!user.decides()) {
      throw new ProblemException(
          Status.FORBIDDEN_403, "A viewer may look, and not decide. Sign in as an operator.");
    }
    return user;
  }

  private static ProblemException unknown() {
    return new ProblemException(Status.NOT_FOUND_404, "The console knows no such pipeline.");
  }

  /** The names of the pipelines that the person may see, in their order. */
  static List<String> names(Desks desks, ServerRequest req) {
    return desks.all().stream()
        .filter(d -> Gate.at(req, d.namespace(), d.resource()).isPresent())
        .map(d -> d.pipeline().name())
        .toList();
  }

  static String value(Parameters from, String name) {
    return from.first(name).orElse("");
  }

  /** A filter from a query or a form. */
  static Filter filter(Parameters from) {
    return new Filter(
        category(value(from, "category")),
        value(from, "aggregateType"),
        value(from, "aggregateId"),
        value(from, "eventType"),
        value(from, "reason"),
        from.contains("key") ? Set.copyOf(from.all("key")) : Set.of());
  }

  /**
   * The trace that is looked for: its id, or a whole {@code traceparent}; empty if none.
   *
   * @throws ProblemException 400 if it is neither
   */
  static String trace(Parameters from) {
    String text = value(from, "traceId").strip().toLowerCase(Locale.ROOT);
    Matcher trace = TRACE.matcher(text);
    if (!text.isEmpty() && !trace.matches()) {
      throw wrong("traceId", "must have 32 hexadecimal digits, or be a traceparent");
    }
    return text.isEmpty() ? "" : trace.group("id");
  }

  static Optional<Category> category(String code) {
    if (code.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        Arrays.stream(Category.values())
            .filter(c -> c.code().equals(code))
            .findFirst()
            .orElseThrow(() -> wrong("category", "must be a category of problems")));
  }

  static Action action(String code) {
    return Arrays.stream(Action.values())
        .filter(a -> a.code().equals(code))
        .findFirst()
        .orElseThrow(() -> wrong("action", "must be retry, discard, skip or apply"));
  }

  /**
   * Who wants it and why, as the services keep it.
   *
   * @throws ProblemException 400 if no reason is given, or one that can't be kept
   */
  static String why(User user, String reason) {
    String why = reason.strip();
    if (why.isEmpty()
        || why.codePointCount(0, why.length()) > LONGEST_WHY
        || why.chars().anyMatch(Character::isISOControl)) {
      throw wrong("why", "must have 1 to " + LONGEST_WHY + " characters, and no line breaks");
    }
    return user.name() + ": " + why;
  }

  static ProblemException wrong(String field, String what) {
    return new ProblemException(
        Status.BAD_REQUEST_400,
        "The request has fields that are wrong.",
        List.of(new FieldError(field, what)));
  }
}
