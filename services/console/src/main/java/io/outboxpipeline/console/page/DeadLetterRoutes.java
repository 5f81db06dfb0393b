package io.outboxpipeline.console.page;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.helidon.common.parameters.Parameters;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.outboxpipeline.console.access.User;
import io.outboxpipeline.console.ask.Answer;
import io.outboxpipeline.console.model.DeadLetters;
import io.outboxpipeline.console.model.Desk;
import io.outboxpipeline.console.model.Desks;
import io.outboxpipeline.console.model.Filter;
import io.outboxpipeline.console.page.Layout.Section;
import io.outboxpipeline.runtime.AdminExchange;
import io.outboxpipeline.runtime.JsonBody;
import io.outboxpipeline.runtime.ProblemException;
import jakarta.json.JsonNumber;
import jakarta.json.JsonObject;

/** Dead letters as a page, and in the API. Thread-safe. */
public final class DeadLetterRoutes {
  private static final int LARGEST = 1_000_000;
  private static final int FASTEST = 100;

  private final Desks desks;
  private final Layout layout;
  private final Links links;

  /**
   * @param prefix what the paths of all links begin with
   */
  public DeadLetterRoutes(Desks desks, String prefix) {
    this.desks = desks;
    links = new Links(prefix);
    layout = new Layout(links);
  }

  /** The pages. */
  public HttpService pages() {
    return (HttpRules rules) ->
        rules
            .get("/p/{pipeline}/dead-letters", layout.telling(this::page))
            .post("/p/{pipeline}/redrive", layout.telling(this::redrive))
            .post("/p/{pipeline}/redrive-stop", layout.telling(this::stop));
  }

  /** The API's paths. */
  public HttpService api() {
    return (HttpRules rules) ->
        rules
            .get("/pipelines/{pipeline}/dead-letters", this::told)
            .post("/pipelines/{pipeline}/redrives", this::asked)
            .post("/pipelines/{pipeline}/redrives/{id}/stop", this::stopped);
  }

  private void page(ServerRequest req, ServerResponse res) {
    Desk desk = Requests.desk(desks, req);
    User user = Requests.user(desk, req);
    String name = desk.pipeline().name();
    var page = new DeadLettersPage(links, name, user.decides());
    Filter filter = filter(req.query());
    Html content = page.content(DeadLetters.of(desk.pipeline(), filter), filter);
    String html = layout.page(user, name, Section.DEAD_LETTERS, content);
    res.header(HeaderNames.CONTENT_TYPE, "text/html; charset=utf-8").send(html.getBytes(UTF_8));
  }

  private void redrive(ServerRequest req, ServerResponse res) {
    Desk desk = Requests.desk(desks, req);
    User user = Requests.operator(desk, req);
    Parameters form = req.content().as(Parameters.class);
    begin(
        desk,
        Requests.value(form, "id"),
        number("count", Requests.value(form, "count"), LARGEST),
        number("perSecond", Requests.value(form, "perSecond"), FASTEST),
        filter(form),
        Requests.why(user, Requests.value(form, "why")));
    back(desk, res);
  }

  private void stop(ServerRequest req, ServerResponse res) {
    Desk desk = Requests.desk(desks, req);
    User user = Requests.operator(desk, req);
    Parameters form = req.content().as(Parameters.class);
    String why = Requests.why(user, Requests.value(form, "why"));
    done(DeadLetters.stop(desk.pipeline(), Requests.value(form, "id"), why));
    back(desk, res);
  }

  private void back(Desk desk, ServerResponse res) {
    res.status(Status.SEE_OTHER_303)
        .header(
            HeaderNames.LOCATION, links.page(desk.pipeline().name(), Section.DEAD_LETTERS.path()))
        .send();
  }

  private static JsonObject begin(
      Desk desk, String id, long count, long perSecond, Filter filter, String why) {
    return done(DeadLetters.redrive(desk.pipeline(), id, count, perSecond, filter, why));
  }

  /** Dead letters have no category, and single ones can't be named. */
  private static Filter filter(Parameters from) {
    return only(Requests.filter(from));
  }

  private static Filter only(Filter filter) {
    if (filter.category().isPresent() || !filter.keys().isEmpty()) {
      throw Requests.wrong("filter", "may have reason, eventType, aggregateType and aggregateId");
    }
    return filter;
  }

  private static long number(String name, String text, int largest) {
    long number = text.matches("\\d{1,9}") ? Long.parseLong(text) : 0;
    if (number < 1 || number > largest) {
      throw Requests.wrong(name, "must be a whole number from 1 to " + largest);
    }
    return number;
  }

  private static JsonObject done(Answer answer) {
    return switch (answer) {
      case Answer.Told(JsonObject json) -> json;
      case Answer.Refused(int status, String detail) ->
          throw new ProblemException(
              status == 409 || status == 400 ? Status.create(status) : Status.BAD_GATEWAY_502,
              detail);
      case Answer.Silent(String why) ->
          throw new ProblemException(Status.BAD_GATEWAY_502, "The consumer " + why + ".");
    };
  }

  private void told(ServerRequest req, ServerResponse res) {
    Desk desk = Requests.desk(desks, req);
    AdminExchange.send(
        res, DeadLetterJson.of(DeadLetters.of(desk.pipeline(), filter(req.query()))));
  }

  private void asked(ServerRequest req, ServerResponse res) {
    Desk desk = Requests.desk(desks, req);
    User user = Requests.operator(desk, req);
    JsonObject body = JsonBody.read(req);
    String why = Requests.why(user, body.getString("why", ""));
    JsonObject now =
        begin(
            desk,
            body.getString("id", ""),
            number("/count", digits(body, "count", ""), LARGEST),
            number("/perSecond", digits(body, "perSecond", "5"), FASTEST),
            only(ApiRoutes.filterOf(body)),
            why);
    res.status(Status.ACCEPTED_202);
    AdminExchange.send(res, now);
  }

  private static String digits(JsonObject body, String field, String fallback) {
    return body.get(field) instanceof JsonNumber n ? n.toString() : fallback;
  }

  private void stopped(ServerRequest req, ServerResponse res) {
    Desk desk = Requests.desk(desks, req);
    User user = Requests.operator(desk, req);
    String why = Requests.why(user, JsonBody.read(req).getString("why", ""));
    AdminExchange.send(
        res, done(DeadLetters.stop(desk.pipeline(), req.path().pathParameters().get("id"), why)));
  }
}
