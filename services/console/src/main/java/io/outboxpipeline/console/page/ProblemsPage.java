package io.outboxpipeline.console.page;

import static io.outboxpipeline.console.page.Html.tag;
import static io.outboxpipeline.console.page.Html.text;

import io.outboxpipeline.console.model.Filter;
import io.outboxpipeline.console.model.Problem;
import io.outboxpipeline.console.model.Problem.Action;
import io.outboxpipeline.console.model.Problem.Category;
import io.outboxpipeline.console.model.Problems;
import io.outboxpipeline.console.model.Problems.Group;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** All that waits for a decision, in one list. */
final class ProblemsPage {
  private final Links links;
  private final String pipeline;
  private final boolean decides;

  ProblemsPage(Links links, String pipeline, boolean decides) {
    this.links = links;
    this.pipeline = pipeline;
    this.decides = decides;
  }

  Html content(Problems problems, Filter filter) {
    List<Problem> shown = problems.matching(filter);
    return Html.all(
        tag("p", Text.PROBLEMS_LEAD),
        tag("div")
            .set("id", "watch")
            .set("data-stream", links.page(pipeline, "stream", Map.of("view", "problems")))
            .set("data-digest", digest(problems))
            .set("data-text", Text.CHANGED.english())
            .set("role", "status")
            .with(),
        Layout.troubles(problems.troubles()),
        problems.capped() ? tag("p", Text.CAPPED) : Html.NONE,
        deadLetters(problems),
        problems.items().isEmpty() && problems.troubles().isEmpty()
            ? tag("p").set("class", "good").text(Text.NO_PROBLEMS)
            : Html.NONE,
        problems.items().isEmpty() ? Html.NONE : list(problems, shown, filter));
  }

  /** Changes with the list. */
  static String digest(Problems problems) {
    return Integer.toHexString(problems.items().stream().map(Problem::key).toList().hashCode())
        + "-"
        + problems.items().size();
  }

  private Html deadLetters(Problems problems) {
    long count = problems.deadLetters().orElse(0);
    if (count == 0) {
      return Html.NONE;
    }
    String queue = problems.deadLetterQueue();
    return tag("div")
        .set("class", "trouble")
        .with(
            tag("p").text(Text.DEAD_LETTERS_LEAD.with(queue, count)),
            tag(
                "p",
                tag("a")
                    .set("href", links.page(pipeline, Layout.Section.DEAD_LETTERS.path()))
                    .text(Text.DEAD_LETTERS_PAGE)));
  }

  private Html list(Problems problems, List<Problem> shown, Filter filter) {
    return Html.all(
        groups(Problems.groups(problems.items())),
        filterForm(filter),
        shown.isEmpty() ? tag("p", Text.NO_MATCH) : chosen(shown, filter));
  }

  private Html groups(List<Group> groups) {
    List<Text> heads =
        List.of(
            Text.CATEGORY, Text.REASON, Text.COUNT, Text.WAITING_BEHIND, Text.SINCE, Text.FILTER);
    return Layout.table(
        Text.GROUPS,
        heads,
        groups.stream()
            .map(
                g ->
                    tag(
                        "tr",
                        tag("td", label(g.category())),
                        tag("td").text(g.reason()),
                        tag("td").text(Format.count(g.count())),
                        tag("td").text(Format.count(g.waiting())),
                        tag("td").with(Format.time(g.since())),
                        tag("td").with(showThese(g)))));
  }

  private Html showThese(Group group) {
    var query = new LinkedHashMap<String, String>();
    query.put("category", group.category().code());
    if (!group.reason().isEmpty()) {
      query.put("reason", group.reason());
    }
    return tag("a").set("href", links.page(pipeline, "problems", query)).text(Text.SHOW_THESE);
  }

  private Html filterForm(Filter filter) {
    Stream<Html> options =
        Stream.concat(
            Stream.of(option("", Text.ANY, filter.category().isEmpty())),
            Stream.of(Category.values())
                .map(c -> option(c.code(), label(c), filter.category().equals(Optional.of(c)))));
    return tag("form")
        .set("method", "get")
        .set("action", links.page(pipeline, "problems"))
        .set("class", "filter")
        .with(
            tag("label")
                .with(text(Text.CATEGORY), tag("select").set("name", "category").with(options)),
            fields(filter),
            tag("button").set("type", "submit").text(Text.SHOW));
  }

  /** The fields of a filter that are texts. */
  static Html fields(Filter filter) {
    return Html.all(
        Layout.field(Text.AGGREGATE_TYPE, "aggregateType", filter.aggregateType()),
        Layout.field(Text.AGGREGATE_ID, "aggregateId", filter.aggregateId()),
        Layout.field(Text.EVENT_TYPE, "eventType", filter.eventType()),
        Layout.field(Text.REASON, "reason", filter.reason()));
  }

  private static Html option(String value, Text label, boolean selected) {
    return tag("option").set("value", value).set("selected", selected).text(label);
  }

  private Html chosen(List<Problem> shown, Filter filter) {
    Stream<Html> hidden =
        filter.fields().entrySet().stream().map(e -> hidden(e.getKey(), e.getValue()));
    Html buttons =
        decides
            ? tag("div")
                .set("class", "actions")
                .with(
                    Stream.concat(
                        Stream.of(tag("p", Text.NOTHING_CHOSEN)),
                        Stream.of(Action.values())
                            .filter(a -> shown.stream().anyMatch(p -> can(p, a)))
                            .map(
                                a ->
                                    tag("button")
                                        .set("type", "submit")
                                        .set("name", "action")
                                        .set("value", a.code())
                                        .text(label(a)))))
            : Html.NONE;
    return tag("form")
        .set("method", "post")
        .set("action", links.page(pipeline, "look"))
        .with(Stream.concat(hidden, Stream.of(table(shown, decides), buttons)));
  }

  static Html hidden(String name, String value) {
    return tag("input").set("type", "hidden").set("name", name).set("value", value).with();
  }

  private static boolean can(Problem problem, Action action) {
    return problem.category().actions().contains(action);
  }

  /** Problems, one a row. */
  Html table(List<Problem> shown, boolean choose) {
    Stream<Text> first = choose ? Stream.of(Text.CHOOSE) : Stream.of();
    List<Text> heads =
        Stream.concat(
                first,
                Stream.of(
                    Text.CATEGORY,
                    Text.AGGREGATE,
                    Text.NUMBER,
                    Text.EVENT,
                    Text.REASON,
                    Text.WAITING_BEHIND,
                    Text.SINCE))
            .toList();
    return Layout.table(Text.PROBLEMS, heads, shown.stream().map(p -> row(p, choose)));
  }

  private Html row(Problem p, boolean choose) {
    Map<String, String> aggregate = new LinkedHashMap<>();
    aggregate.put("aggregateType", p.aggregateType());
    aggregate.put("aggregateId", p.aggregateId());
    var event = new LinkedHashMap<>(aggregate);
    event.put("eventId", p.eventId());
    return tag(
        "tr",
        choose ? tag("td").with(box(p)) : Html.NONE,
        tag("td", label(p.category())),
        tag("th")
            .set("scope", "row")
            .with(
                tag("a")
                    .set("href", links.page(pipeline, "aggregate", aggregate))
                    .text(p.aggregateType() + " " + p.aggregateId())),
        tag("td").text(p.sequence()),
        tag("td")
            .with(
                p.eventId().isEmpty()
                    ? Html.NONE
                    : tag("a")
                        .set("href", links.page(pipeline, "event", event))
                        .text(p.eventType())),
        tag("td").text(reason(p)),
        tag("td").text(Format.count(p.waiting())),
        tag("td")
            .with(
                Format.time(p.since()),
                text(" (" + Format.seconds((double) p.ageSeconds()) + ")")));
  }

  private static Html box(Problem p) {
    return tag("input")
        .set("type", "checkbox")
        .set("name", "key")
        .set("value", p.key())
        .set("aria-label", Text.CHOOSE_ONE.with(p.sequence(), p.aggregateType(), p.aggregateId()))
        .with();
  }

  static String reason(Problem p) {
    return p.category() == Category.PARKED ? Text.PARKED_REASON.with(p.sequence()) : p.reason();
  }

  static Text label(Category category) {
    return switch (category) {
      case QUARANTINED -> Text.QUARANTINED_IS;
      case REJECTED -> Text.REJECTED_IS;
      case PARKED -> Text.PARKED_IS;
      case CONFLICT -> Text.CONFLICT_IS;
    };
  }

  static Text label(Action action) {
    return switch (action) {
      case RETRY -> Text.RETRY;
      case DISCARD -> Text.DISCARD;
      case SKIP -> Text.SKIP;
      case APPLY -> Text.APPLY;
    };
  }
}
