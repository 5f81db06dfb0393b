package io.outboxpipeline.console.page;

import static io.outboxpipeline.console.page.Html.tag;
import static io.outboxpipeline.console.page.Html.text;

import io.outboxpipeline.console.model.DeadLetters;
import io.outboxpipeline.console.model.DeadLetters.Letter;
import io.outboxpipeline.console.model.DeadLetters.LetterEvent;
import io.outboxpipeline.console.model.DeadLetters.Redrive;
import io.outboxpipeline.console.model.Filter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;

/** Some of the dead letters, and their way back. */
final class DeadLettersPage {
  private final Links links;
  private final String pipeline;
  private final boolean decides;

  DeadLettersPage(Links links, String pipeline, boolean decides) {
    this.links = links;
    this.pipeline = pipeline;
    this.decides = decides;
  }

  Html content(DeadLetters dead, Filter filter) {
    boolean running = dead.redrives().stream().anyMatch(Redrive::running);
    return Html.all(
        tag("p", Text.DEAD_LETTERS_PAGE_LEAD),
        Layout.troubles(dead.troubles()),
        running ? tag("p").set("role", "status").text(Text.NO_LOOK_MEANWHILE) : Html.NONE,
        dead.count().isPresent()
            ? tag("p")
                .text(
                    Text.ABOUT_SO_MANY.with(
                        Format.count(dead.count().getAsLong()),
                        dead.queue(),
                        dead.letters().size()))
            : Html.NONE,
        running || dead.count().orElse(0) == 0 ? Html.NONE : filterForm(filter),
        dead.letters().isEmpty() ? Html.NONE : Html.all(groups(dead), letters(dead.letters())),
        decides && !running && dead.count().orElse(0) > 0
            ? redrive(dead.count().getAsLong(), filter)
            : Html.NONE,
        redrives(dead.redrives()));
  }

  private Html groups(DeadLetters dead) {
    return Layout.table(
        Text.GROUPS,
        List.of(Text.REASON, Text.COUNT, Text.EXPIRES, Text.FILTER),
        dead.groups().stream()
            .map(
                g ->
                    tag(
                        "tr",
                        tag("td").text(g.reason()),
                        tag("td").text(Format.count(g.count())),
                        tag("td").text(known(g.expiresAt())),
                        tag("td", showThese(g.reason())))));
  }

  private Html showThese(String reason) {
    String path = Layout.Section.DEAD_LETTERS.path();
    return tag("a")
        .set("href", links.page(pipeline, path, Map.of("reason", reason)))
        .text(Text.SHOW_THESE);
  }

  private Html filterForm(Filter filter) {
    return tag("form")
        .set("method", "get")
        .set("action", links.page(pipeline, Layout.Section.DEAD_LETTERS.path()))
        .set("class", "filter")
        .with(ProblemsPage.fields(filter), tag("button").set("type", "submit").text(Text.SHOW));
  }

  private static String known(String time) {
    return time.isEmpty() ? Text.UNKNOWN.english() : time;
  }

  private Html letters(List<Letter> letters) {
    return Layout.table(
        Text.DEAD_LETTERS_PAGE,
        List.of(Text.REASON, Text.SINCE, Text.EXPIRES, Text.RECEIVES, Text.BYTES, Text.EVENT),
        letters.stream()
            .map(
                l ->
                    tag(
                        "tr",
                        tag("td").text(l.reason()),
                        tag("td").text(l.since()),
                        tag("td").text(known(l.expiresAt())),
                        tag("td").text(l.receives()),
                        tag("td").text(Format.count(l.bytes())),
                        tag("td").with(l.events().stream().map(this::event)))));
  }

  private Html event(LetterEvent e) {
    Map<String, String> query = new LinkedHashMap<>();
    query.put("aggregateType", e.aggregateType());
    query.put("aggregateId", e.aggregateId());
    query.put("eventId", e.eventId());
    return tag("div")
        .with(
            tag("a")
                .set("href", links.page(pipeline, "event", query))
                .text(e.aggregateType() + " " + e.aggregateId() + ", " + e.sequence()),
            text(" " + e.eventType()));
  }

  private Html redrive(long count, Filter filter) {
    boolean all = filter.fields().isEmpty();
    Stream<Html> hidden =
        filter.fields().entrySet().stream().map(f -> ProblemsPage.hidden(f.getKey(), f.getValue()));
    return tag("form")
        .set("method", "post")
        .set("action", links.page(pipeline, "redrive"))
        .with(
            tag("h2", Text.MOVE_BACK),
            tag("p", Text.MOVE_BACK_LEAD),
            all ? Html.NONE : tag("p", Text.MOVE_MATCHING_LEAD),
            Html.all(hidden.toArray(Html[]::new)),
            // Made with the page: who sends the form twice gets one redrive.
            ProblemsPage.hidden("id", UUID.randomUUID().toString()),
            ProblemsPage.hidden("count", Long.toString(count)),
            Layout.field(Text.RATE, "perSecond", "5"),
            Layout.why(),
            tag("button")
                .set("type", "submit")
                .set("class", "danger")
                .text(
                    all
                        ? Text.MOVE_SO_MANY.with(Format.count(count))
                        : Text.MOVE_MATCHING.english()));
  }

  private Html redrives(List<Redrive> redrives) {
    if (redrives.isEmpty()) {
      return Html.NONE;
    }
    Html table =
        Layout.table(
            Text.REDRIVES,
            List.of(Text.WHEN, Text.STATE, Text.MOVED, Text.FILTER, Text.WHY_SHORT, Text.TROUBLE),
            redrives.stream()
                .map(
                    r ->
                        Layout.row(
                            r.askedAt(),
                            r.state(),
                            Text.MOVED_OF.with(r.moved(), r.total(), r.again(), r.failed()),
                            String.join(", ", r.filter().values()),
                            r.why(),
                            r.trouble())));
    Stream<Html> stops =
        decides ? redrives.stream().filter(Redrive::running).map(this::stop) : Stream.of();
    return Html.all(tag("h2", Text.REDRIVES), table, tag("div").with(stops));
  }

  private Html stop(Redrive r) {
    return tag("form")
        .set("method", "post")
        .set("action", links.page(pipeline, "redrive-stop"))
        .with(
            ProblemsPage.hidden("id", r.id()),
            Layout.why(),
            tag("button").set("type", "submit").text(Text.STOP_IT));
  }
}
