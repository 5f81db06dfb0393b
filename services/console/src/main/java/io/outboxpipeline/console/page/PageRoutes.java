package io.outboxpipeline.console.page;

import static io.outboxpipeline.console.page.Html.tag;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.helidon.common.parameters.Parameters;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.outboxpipeline.console.access.Gate;
import io.outboxpipeline.console.access.User;
import io.outboxpipeline.console.model.Actions.Answered;
import io.outboxpipeline.console.model.AggregateView;
import io.outboxpipeline.console.model.Decisions;
import io.outboxpipeline.console.model.Desk;
import io.outboxpipeline.console.model.Desks;
import io.outboxpipeline.console.model.EventPlace;
import io.outboxpipeline.console.model.EventSearch;
import io.outboxpipeline.console.model.Filter;
import io.outboxpipeline.console.model.Job;
import io.outboxpipeline.console.model.Mask;
import io.outboxpipeline.console.model.Payload;
import io.outboxpipeline.console.model.Problems;
import io.outboxpipeline.console.model.Snapshot;
import io.outboxpipeline.console.page.Layout.Section;
import io.outboxpipeline.runtime.ProblemException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The pages. Every form leads to a whole page, so that they work without a script. Thread-safe. */
public final class PageRoutes implements HttpService {
  private final Desks desks;
  private final Optional<Mask> payloads;
  private final Layout layout;
  private final Links links;

  /**
   * @param prefix what the paths of all links begin with
   * @param payloads what is hidden of those that operators see; empty if nobody sees any
   */
  public PageRoutes(Desks desks, String prefix, Optional<Mask> payloads) {
    this.desks = desks;
    this.payloads = payloads;
    links = new Links(prefix);
    layout = new Layout(links);
  }

  @Override
  public void routing(HttpRules rules) {
    rules
        .get("/", layout.telling(this::home))
        .get("/p/{pipeline}/flow", layout.telling(this::flow))
        .get("/p/{pipeline}/slots", layout.telling(this::slots))
        .get("/p/{pipeline}/problems", layout.telling(this::problems))
        .get("/p/{pipeline}/aggregate", layout.telling(this::aggregate))
        .get("/p/{pipeline}/event", layout.telling(this::event))
        .get("/p/{pipeline}/decisions", layout.telling(this::decisions))
        .get("/p/{pipeline}/commands", layout.telling(this::commands))
        .get("/p/{pipeline}/job", layout.telling(this::job))
        .post("/p/{pipeline}/job-stop", layout.telling(this::stopJob))
        .post("/p/{pipeline}/look", layout.telling(this::look))
        .post("/p/{pipeline}/act", layout.telling(this::act));
  }

  private void home(ServerRequest req, ServerResponse res) {
    List<String> names = Requests.names(desks, req);
    if (names.size() == 1) {
      String only = names.getFirst();
      res.status(Status.SEE_OTHER_303)
          .header(HeaderNames.LOCATION, links.page(only, Section.FLOW.path()))
          .send();
      return;
    }
    Html list =
        names.isEmpty()
            ? tag("p", Text.NO_PIPELINES)
            : tag("ul")
                .with(
                    names.stream()
                        .map(
                            name ->
                                tag(
                                    "li",
                                    tag("a")
                                        .set("href", links.page(name, Section.FLOW.path()))
                                        .text(name))));
    send(res, layout.page(Optional.of(Gate.user(req)), Text.PIPELINES, list));
  }

  private void send(ServerRequest req, ServerResponse res, Section section, Html content) {
    Desk desk = Requests.desk(desks, req);
    send(res, layout.page(Requests.user(desk, req), desk.pipeline().name(), section, content));
  }

  private void flow(ServerRequest req, ServerResponse res) {
    Desk desk = Requests.desk(desks, req);
    send(req, res, Section.FLOW, live(desk, "flow", FlowPage.content(desk.flow().get())));
  }

  private void slots(ServerRequest req, ServerResponse res) {
    Desk desk = Requests.desk(desks, req);
    Html content = SlotsPage.content(desk.slots().get());
    send(req, res, Section.SLOTS, live(desk, "slots", content));
  }

  private Html live(Desk desk, String view, Html content) {
    String stream = links.page(desk.pipeline().name(), "stream", Map.of("view", view));
    return tag("div").set("id", "live").set("data-stream", stream).with(content);
  }

  private void problems(ServerRequest req, ServerResponse res) {
    Desk desk = Requests.desk(desks, req);
    Filter filter = Requests.filter(req.query()).withKeys(java.util.Set.of());
    var page = new ProblemsPage(links, desk.pipeline().name(), Requests.user(desk, req).decides());
    send(req, res, Section.PROBLEMS, page.content(Problems.of(desk.pipeline()), filter));
  }

  private void look(ServerRequest req, ServerResponse res) {
    Desk desk = Requests.desk(desks, req);
    Requests.operator(desk, req);
    Parameters form = req.content().as(Parameters.class);
    Snapshot snapshot =
        desk.actions().look(Requests.action(Requests.value(form, "action")), Requests.filter(form));
    send(req, res, Section.PROBLEMS, actions(desk).confirm(snapshot));
  }

  private void act(ServerRequest req, ServerResponse res) {
    Desk desk = Requests.desk(desks, req);
    User user = Requests.operator(desk, req);
    Parameters form = req.content().as(Parameters.class);
    if (Requests.value(form, "why").isBlank()) {
      res.status(Status.BAD_REQUEST_400);
      send(req, res, Section.PROBLEMS, actions(desk).told(Text.WHY_NEEDED));
      return;
    }
    String why = Requests.why(user, Requests.value(form, "why"));
    String count = Requests.value(form, "count");
    Answered answered =
        desk.actions()
            .act(
                Requests.value(form, "snapshot"),
                count.matches("\\d{1,6}") ? Integer.parseInt(count) : -1,
                why);
    switch (answered) {
      case Answered.Begun(Job job) -> show(desk, job.id(), res);
      case Answered.NoSnapshot() -> {
        res.status(Status.CONFLICT_409);
        send(req, res, Section.PROBLEMS, actions(desk).told(Text.SNAPSHOT_GONE));
      }
      case Answered.Trouble(String trouble) ->
          throw new ProblemException(
              Status.BAD_GATEWAY_502, trouble + " " + Text.PART_NOT_BEGUN.english());
    }
  }

  private void show(Desk desk, String job, ServerResponse res) {
    String to = links.page(desk.pipeline().name(), "job", Map.of("job", job));
    res.status(Status.SEE_OTHER_303).header(HeaderNames.LOCATION, to).send();
  }

  private void job(ServerRequest req, ServerResponse res) {
    Desk desk = Requests.desk(desks, req);
    Optional<Job> job = desk.actions().job(Requests.value(req.query(), "job"));
    if (job.isEmpty()) {
      throw new ProblemException(Status.NOT_FOUND_404, "There is no such action.");
    }
    boolean decides = Requests.user(desk, req).decides();
    send(req, res, Section.PROBLEMS, actions(desk).job(job.get(), decides));
  }

  private void stopJob(ServerRequest req, ServerResponse res) {
    Desk desk = Requests.desk(desks, req);
    User user = Requests.operator(desk, req);
    Parameters form = req.content().as(Parameters.class);
    String id = Requests.value(form, "job");
    desk.actions().stop(id, Requests.why(user, Requests.value(form, "why")));
    show(desk, id, res);
  }

  private ActionPages actions(Desk desk) {
    return new ActionPages(links, desk.pipeline().name());
  }

  private void aggregate(ServerRequest req, ServerResponse res) {
    Desk desk = Requests.desk(desks, req);
    String type = Requests.value(req.query(), "aggregateType");
    String id = Requests.value(req.query(), "aggregateId");
    Optional<AggregateView> found =
        type.isEmpty() || id.isEmpty()
            ? Optional.empty()
            : Optional.of(AggregateView.of(desk.pipeline(), type, id));
    Html content = new LookupPages(links, desk.pipeline().name()).aggregate(found, type, id);
    send(req, res, Section.AGGREGATE, content);
  }

  private void event(ServerRequest req, ServerResponse res) {
    Desk desk = Requests.desk(desks, req);
    String eventId = Requests.value(req.query(), "eventId").strip();
    String type = Requests.value(req.query(), "aggregateType");
    String id = Requests.value(req.query(), "aggregateId");
    Optional<EventPlace> found =
        eventId.isEmpty()
            ? Optional.empty()
            : Optional.of(EventPlace.find(desk.pipeline(), eventId, type, id));
    String trace = Requests.trace(req.query());
    Optional<EventSearch> traced =
        eventId.isEmpty() && !trace.isEmpty()
            ? Optional.of(EventSearch.ofTrace(desk.pipeline(), trace))
            : Optional.empty();
    var pages = new LookupPages(links, desk.pipeline().name());
    Html content =
        Html.all(
            pages.event(found, eventId, type, id),
            LookupPages.payload(payload(desk, req, found)),
            pages.trace(traced, trace));
    send(req, res, Section.EVENT, content);
  }

  private Optional<Payload> payload(Desk desk, ServerRequest req, Optional<EventPlace> found) {
    return payloads
        .filter(mask -> Requests.user(desk, req).decides())
        .flatMap(mask -> found.flatMap(place -> Payload.of(desk.pipeline(), place, mask)));
  }

  private void decisions(ServerRequest req, ServerResponse res) {
    Desk desk = Requests.desk(desks, req);
    Html content =
        DecisionsPage.content(Decisions.of(desk.pipeline()), actions(desk), desk.actions().jobs());
    send(req, res, Section.DECISIONS, content);
  }

  private void commands(ServerRequest req, ServerResponse res) {
    Desk desk = Requests.desk(desks, req);
    send(req, res, Section.COMMANDS, CommandsPage.content(desk.namespace(), desk.resource()));
  }

  private static void send(ServerResponse res, String page) {
    res.header(HeaderNames.CONTENT_TYPE, "text/html; charset=utf-8").send(page.getBytes(UTF_8));
  }
}
