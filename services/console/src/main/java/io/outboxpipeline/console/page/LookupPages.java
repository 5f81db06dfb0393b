package io.outboxpipeline.console.page;

import static io.outboxpipeline.console.page.Html.tag;

import io.outboxpipeline.console.model.AggregateView;
import io.outboxpipeline.console.model.EventPlace;
import io.outboxpipeline.console.model.EventSearch;
import io.outboxpipeline.console.model.Payload;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** One aggregate, and one event. */
final class LookupPages {
  private final Links links;
  private final String pipeline;

  LookupPages(Links links, String pipeline) {
    this.links = links;
    this.pipeline = pipeline;
  }

  Html aggregate(Optional<AggregateView> found, String type, String id) {
    Html form =
        form(
            "aggregate",
            Layout.field(Text.AGGREGATE_TYPE, "aggregateType", type),
            Layout.field(Text.AGGREGATE_ID, "aggregateId", id));
    return Html.all(tag("h2", Text.FIND_AGGREGATE), form, found.map(this::view).orElse(Html.NONE));
  }

  /** What is looked for, on one of the pages. */
  private Html form(String page, Html... fields) {
    return tag("form")
        .set("method", "get")
        .set("action", links.page(pipeline, page))
        .set("class", "filter")
        .with(
            Stream.concat(
                Stream.of(fields), Stream.of(tag("button").set("type", "submit").text(Text.FIND))));
  }

  private Html view(AggregateView a) {
    return Html.all(
        Layout.troubles(a.troubles()),
        tag("h2").text(a.type() + " " + a.id()),
        a.slot().isPresent() ? tag("p").text(Text.IN_SLOT.with(a.slot().getAsInt())) : Html.NONE,
        a.problems().isEmpty()
            ? Html.NONE
            : new ProblemsPage(links, pipeline, false).table(a.problems(), false),
        rows(
            Text.WAITING_EVENTS,
            List.of(Text.NUMBER, Text.EVENT_TYPE, Text.EVENT_ID, Text.COMMITTED_AT),
            a.waiting().stream()
                .map(w -> Layout.row(w.sequence(), w.eventType(), w.eventId(), w.committedAt()))
                .toList()),
        rows(
            Text.CONSUMER_POSITION,
            List.of(Text.SOURCE, Text.APPLIED_UP_TO, Text.STANDS_STILL),
            a.chains().stream()
                .map(c -> Layout.row(c.source(), c.last(), c.standstill()))
                .toList()),
        rows(
            Text.KEPT_EVENTS,
            List.of(Text.NUMBER, Text.EVENT_TYPE, Text.EVENT_ID, Text.REASON),
            a.chains().stream()
                .flatMap(c -> c.kept().stream())
                .map(k -> Layout.row(k.sequence(), k.eventType(), k.eventId(), k.reason()))
                .toList()),
        rows(
            Text.LAST_APPLIED,
            List.of(Text.NUMBER, Text.EVENT_ID, Text.APPLIED_AT),
            a.applied().stream()
                .map(e -> Layout.row(e.sequence(), e.eventId(), e.appliedAt()))
                .toList()),
        tag("p", Text.PAYLOADS_HIDDEN));
  }

  private static Html rows(Text caption, List<Text> heads, List<Html> rows) {
    return rows.isEmpty() ? Html.NONE : Layout.table(caption, heads, rows.stream());
  }

  Html event(Optional<EventPlace> found, String eventId, String type, String id) {
    Html form =
        form(
            "event",
            Layout.field(Text.EVENT_ID, "eventId", eventId),
            Layout.field(Text.AGGREGATE_TYPE, "aggregateType", type),
            Layout.field(Text.AGGREGATE_ID, "aggregateId", id));
    return Html.all(
        tag("h2", Text.FIND_EVENT),
        tag("p", Text.EVENT_LEAD),
        form,
        found.map(this::place).orElse(Html.NONE));
  }

  /** A payload that may be shown. */
  static Html payload(Optional<Payload> payload) {
    return payload
        .map(
            p ->
                Html.all(
                    tag("h2", Text.PAYLOAD),
                    p.text()
                        .<Html>map(
                            text ->
                                tag("pre")
                                    .set("tabindex", "0")
                                    .set("role", "region")
                                    .set("aria-label", Text.PAYLOAD.english())
                                    .with(tag("code").text(text)))
                        .orElseGet(() -> tag("p", Text.PAYLOAD_HIDDEN))))
        .orElse(Html.NONE);
  }

  /** The events of a trace, wherever they are. */
  Html trace(Optional<EventSearch> found, String traceId) {
    Html form = form("event", Layout.field(Text.TRACE_ID, "traceId", traceId));
    return Html.all(
        tag("h2", Text.FIND_TRACE),
        tag("p", Text.TRACE_LEAD),
        form,
        found.map(this::traced).orElse(Html.NONE));
  }

  private Html traced(EventSearch search) {
    Html rows =
        search.found().isEmpty()
            ? tag("p").set("role", "status").text(Text.TRACE_NOT_FOUND)
            : Layout.table(
                Text.EVENTS_OF_TRACE,
                List.of(Text.AGGREGATE, Text.NUMBER, Text.EVENT_ID),
                search.found().stream().map(this::row));
    return Html.all(Layout.troubles(search.troubles()), rows);
  }

  private Html row(EventSearch.Found f) {
    Map<String, String> query = new LinkedHashMap<>();
    query.put("aggregateType", f.aggregateType());
    query.put("aggregateId", f.aggregateId());
    query.put("eventId", f.eventId());
    return tag(
        "tr",
        tag("td").text(f.aggregateType() + " " + f.aggregateId()),
        tag("td").text(f.sequence()),
        tag("td")
            .with(tag("a").set("href", links.page(pipeline, "event", query)).text(f.eventId())));
  }

  private Html place(EventPlace e) {
    Stream<String> sentences =
        switch (e.place()) {
          case OUTBOX ->
              Stream.of(
                  Text.AT_OUTBOX.with(e.sequence(), e.before()),
                  e.reason().isEmpty() ? "" : Text.AT_OUTBOX_HELD.with(e.reason()));
          case QUARANTINED -> Stream.of(Text.AT_QUARANTINED.with(e.reason()));
          case PARKED -> Stream.of(Text.AT_PARKED.with(e.sequence(), e.reason()));
          case REJECTED -> Stream.of(Text.AT_REJECTED.with(e.reason()));
          case CONFLICT -> Stream.of(Text.AT_CONFLICT.with(e.reason()));
          case APPLIED -> Stream.of(Text.AT_APPLIED.with(e.sequence()));
          case NOT_FOUND -> Stream.of(Text.AT_NOT_FOUND.english());
          case AGGREGATE_NEEDED -> Stream.of(Text.AT_AGGREGATE_NEEDED.english());
        };
    Stream<String> at = e.at().isEmpty() ? Stream.of() : Stream.of(Text.AS_OF.with(e.at()));
    return Html.all(
        tag("div")
            .set("class", "place-of-event")
            .set("role", "status")
            .with(
                Stream.concat(sentences, at).filter(s -> !s.isEmpty()).map(s -> tag("p").text(s))),
        e.aggregate().map(this::view).orElse(Html.NONE));
  }
}
